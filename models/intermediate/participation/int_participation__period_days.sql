-- Days and hours of each half-year, exact to the day; a year is the sum of its two.
with stretches as (
    {{ cut_by_half_year(
        ref('int_participation__stretches'),
        ['participation_no', 'is_leave', 'has_measure', 'hours_per_week'],
    ) }}
),

counted as (
    select
        *,
        cast({{ weekdays('first_day_no', 'last_day_no') }} as integer) as days
    from stretches
),

half_years as (
    select
        participation_no,
        half_year,
        sum(case when is_leave then 0 else days end) as programme_days,
        sum(case when is_leave then days else 0 end) as leave_days,
        sum(case when has_measure then days else 0 end) as measure_days,
        sum({{ planned_hours('hours_per_week', 'days') }}) as planned_hours
    from counted
    group by participation_no, half_year
    having sum(days) > 0
),

periods as (
    select
        participation_no,
        half_year as period,
        'half_year' as period_type,
        programme_days,
        leave_days,
        measure_days,
        planned_hours
    from half_years
    union all
    select
        participation_no,
        substr(half_year, 1, 4) as period,
        'year' as period_type,
        sum(programme_days) as programme_days,
        sum(leave_days) as leave_days,
        sum(measure_days) as measure_days,
        sum(planned_hours) as planned_hours
    from half_years
    group by participation_no, substr(half_year, 1, 4)
),

final as (
    select
        participation_no,
        period,
        period_type,
        cast(programme_days as integer) as programme_days,
        cast(leave_days as integer) as leave_days,
        cast(measure_days as integer) as measure_days,
        cast(planned_hours as decimal(18, 7)) as planned_hours
    from periods
)

select * from final
