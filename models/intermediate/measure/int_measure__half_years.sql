-- A measure counts in a half-year from its first programme day there.
with stretches as (
    {{ cut_by_half_year(
        ref('int_measure__stretches'),
        ['participation_no', 'measure_type_no', 'hours_per_week'],
    ) }}
),

counted as (
    select
        *,
        cast({{ weekdays('first_day_no', 'last_day_no') }} as integer) as days
    from stretches
),

summed as (
    select
        participation_no,
        half_year,
        measure_type_no,
        cast(sum(days) as integer) as measure_days,
        cast(sum({{ planned_hours('hours_per_week', 'days') }}) as decimal(18, 7))
            as planned_hours
    from counted
    group by participation_no, half_year, measure_type_no
    having sum(days) > 0
),

final as (
    select
        summed.participation_no,
        summed.half_year,
        types.measure_type,
        summed.measure_days,
        summed.planned_hours
    from summed
    inner join {{ ref('int_measure__types') }} as types
        on summed.measure_type_no = types.measure_type_no
)

select * from final
