-- A measure counts in a half-year from its first programme day there; a year is the sum of its two.
with stretches as (
    {{ cut_by_half_year(
        ref('int_measure__stretches'),
        ['participation_no', 'measure_type_no', 'hours_per_week'],
    ) }}
),

half_years as (
    select
        participation_no,
        half_year,
        measure_type_no,
        sum(days) as measure_days,
        sum({{ planned_hours('hours_per_week', 'days') }}) as planned_hours
    from stretches
    group by participation_no, half_year, measure_type_no
    having sum(days) > 0
),

periods as (
    select
        participation_no,
        half_year as period,
        'half_year' as period_type,
        measure_type_no,
        measure_days,
        planned_hours
    from half_years
    union all
    select
        participation_no,
        substr(half_year, 1, 4) as period,
        'year' as period_type,
        measure_type_no,
        sum(measure_days) as measure_days,
        sum(planned_hours) as planned_hours
    from half_years
    group by participation_no, substr(half_year, 1, 4), measure_type_no
),

final as (
    select
        periods.participation_no,
        periods.period,
        periods.period_type,
        types.measure_type,
        cast(periods.measure_days as integer) as measure_days,
        cast(periods.planned_hours as decimal(18, 7)) as planned_hours
    from periods
    inner join {{ ref('int_measure__types') }} as types
        on periods.measure_type_no = types.measure_type_no
)

select * from final
