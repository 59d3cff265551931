-- One person can have several types in a period: persons are never summed over types.
with participations as (
    select
        accepted.person_key,
        measures.half_year,
        measures.measure_type,
        measures.measure_days,
        measures.planned_hours
    from {{ ref('int_measure__half_years') }} as measures
    inner join {{ ref('int_participation__accepted') }} as accepted
        on measures.participation_no = accepted.participation_no
),

by_period as (
    select
        person_key,
        half_year as period,
        'half_year' as period_type,
        measure_type,
        measure_days,
        planned_hours
    from participations
    union all
    select
        person_key,
        substr(half_year, 1, 4) as period,
        'year' as period_type,
        measure_type,
        measure_days,
        planned_hours
    from participations
),

final as (
    select
        person_key,
        period,
        period_type,
        measure_type,
        cast(sum(measure_days) as integer) as measure_days,
        cast(sum(planned_hours) as decimal(18, 7)) as planned_hours
    from by_period
    group by person_key, period, period_type, measure_type
)

select * from final
