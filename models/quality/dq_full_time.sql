-- C08: the programme is full time over the half-year, by the law's hours; fewer where a measure in
-- the half-year needs much own preparation.
with types as (
    select measure_type from {{ ref('law_full_time') }}
    where measure_type is not null
    group by measure_type
),

prepared as (
    select
        stretches.participation_no,
        stretches.measure_type,
        stretches.first_day_no,
        stretches.last_day_no
    from {{ ref('int_measure__stretches') }} as stretches
    inner join types on stretches.measure_type = types.measure_type
),

prepared_half_years as (
    {{ cut_by_half_year('prepared', ['participation_no', 'measure_type']) }}
),

prepared_in as (
    select
        participation_no,
        measure_type,
        half_year_no
    from prepared_half_years
    where {{ weekdays('first_day_no', 'last_day_no') }} > 0
    group by participation_no, measure_type, half_year_no
),

half_years as (
    select
        participations.*,
        half_years.half_year_no,
        half_years.programme_days,
        half_years.planned_hours,
        least(
            participations.last_day,
            {{ add_days(first_day_of_half_year('(half_years.half_year_no + 1)'), -1) }}
        ) as event_date
    from {{ ref('int_participation__half_years') }} as half_years
    inner join {{ ref('int_participation__accepted') }} as participations
        on half_years.participation_no = participations.participation_no
),

required as (
    select
        half_years.participation_no,
        half_years.half_year_no,
        min(laws.hours_per_week) as required_hours
    from half_years
    inner join {{ ref('law_full_time') }} as laws
        on
            half_years.legal_regime = laws.legal_regime
            and half_years.event_date >= coalesce(laws.valid_from, date '0001-01-01')
            and half_years.event_date < coalesce(laws.valid_to, date '9999-12-31')
    left join prepared_in
        on
            half_years.participation_no = prepared_in.participation_no
            and half_years.half_year_no = prepared_in.half_year_no
            and laws.measure_type = prepared_in.measure_type
    where laws.measure_type is null or prepared_in.measure_type is not null
    group by half_years.participation_no, half_years.half_year_no
),

final as (
    select
        'C08' as rule_id,
        'participation half-year' as unit_type,
        half_years.participation_id || '/' || {{ half_year_of('half_years.event_date') }}
            as unit_id,
        half_years.person_key,
        half_years.participation_id,
        half_years.municipality_code,
        half_years.legal_regime,
        half_years.is_address_protected,
        half_years.event_date,
        half_years.programme_days >= {{ rule_limit('C08', 'programme_days') }}
        and required.required_hours is not null as is_applicable,
        coalesce(
            5 * half_years.planned_hours < required.required_hours * half_years.programme_days,
            false
        ) as is_finding,
        {{ hours_text(
            '5 * half_years.planned_hours / nullif(half_years.programme_days, 0)') }}
        || ' av ' || {{ hours_text('required.required_hours') }} || ' timer per uke' as detail
    from half_years
    left join required
        on
            half_years.participation_no = required.participation_no
            and half_years.half_year_no = required.half_year_no
)

select * from final
