-- All of a person's participations count in the person's municipality of the period.
with leaves as (
    select
        period,
        period_type,
        {{ counted_place() }} as place_code,
        coalesce(sex, {{ unknown_code() }}) as sex,
        count(*) as persons,
        sum(case when full_time_judged_count > 0 then 1 else 0 end) as judged_persons,
        sum(case when full_time_count > 0 then 1 else 0 end) as full_time_persons,
        sum(case when full_time_judged_count > full_time_count then 1 else 0 end)
            as part_time_persons,
        sum(programme_days) as programme_days,
        sum(measure_days) as measure_days,
        sum(planned_hours) as planned_hours,
        sum(full_time_judged_count) as judged,
        sum(full_time_count) as full_time
    from {{ ref('fct_participant_periods') }}
    where programme_days > 0
    group by 1, 2, 3, 4
),

rolled as (
    {{ rolled_up('leaves', ['sex'], {
        'persons': 'bigint',
        'judged_persons': 'bigint',
        'full_time_persons': 'bigint',
        'part_time_persons': 'bigint',
        'programme_days': 'bigint',
        'measure_days': 'bigint',
        'planned_hours': 'decimal(18, 7)',
        'judged': 'bigint',
        'full_time': 'bigint',
    }) }}
),

-- A share tells how many there are on either side of it: it rests upon the fewer, if there are any.
judged as (
    select
        *,
        case
            when full_time_persons = 0 or part_time_persons = 0 then judged_persons
            else least(full_time_persons, part_time_persons)
        end as persons_of_a_side
    from rolled
),

final as (
    {{ long_cube('judged', ['sex'], {
        'hours_per_week': {
            'value': rounded_ratio(five_times_hours('planned_hours'), 'programme_days', 1),
            'persons': 'persons',
        },
        'full_time_percent': {
            'value': percent('full_time', 'judged'), 'persons': 'persons_of_a_side'},
        'measure_days_percent': {
            'value': percent('measure_days', 'programme_days'), 'persons': 'persons'},
    }) }}
)

select * from final
