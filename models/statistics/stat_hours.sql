-- All of a person's participations count in the person's municipality of the period.
with participations as (
    select
        persons.period,
        persons.period_type,
        persons.municipality_code,
        persons.sex,
        persons.person_key,
        days.programme_days,
        days.measure_days,
        days.planned_hours,
        case when days.is_judged then 1 else 0 end as judged,
        case when days.is_judged and days.is_full_time then 1 else 0 end as full_time
    from {{ ref('int_participation__full_time') }} as days
    inner join {{ ref('int_participation__accepted') }} as accepted
        on days.participation_no = accepted.participation_no
    inner join {{ ref('stat_base_persons') }} as persons
        on
            accepted.person_key = persons.person_key
            and days.period = persons.period
    where days.programme_days > 0
),

by_person as (
    select
        period,
        period_type,
        municipality_code,
        sex,
        person_key,
        sum(programme_days) as programme_days,
        sum(measure_days) as measure_days,
        sum(planned_hours) as planned_hours,
        sum(judged) as judged,
        sum(full_time) as full_time
    from participations
    group by period, period_type, municipality_code, sex, person_key
),

leaves as (
    select
        period,
        period_type,
        municipality_code,
        sex,
        count(*) as persons,
        sum(case when judged > 0 then 1 else 0 end) as judged_persons,
        sum(programme_days) as programme_days,
        sum(measure_days) as measure_days,
        sum(planned_hours) as planned_hours,
        sum(judged) as judged,
        sum(full_time) as full_time
    from by_person
    group by period, period_type, municipality_code, sex
),

rolled as (
    {{ rolled_up('leaves', ['sex'], {
        'persons': 'bigint',
        'judged_persons': 'bigint',
        'programme_days': 'bigint',
        'measure_days': 'bigint',
        'planned_hours': 'decimal(18, 7)',
        'judged': 'bigint',
        'full_time': 'bigint',
    }) }}
),

final as (
    {{ long_cube('rolled', ['sex'], {
        'hours_per_week': {
            'value': rounded_ratio('5 * planned_hours', 'programme_days', 1), 'persons': 'persons'},
        'full_time_percent': {'value': percent('full_time', 'judged'), 'persons': 'judged_persons'},
        'measure_days_percent': {
            'value': percent('measure_days', 'programme_days'), 'persons': 'persons'},
    }) }}
)

select * from final
