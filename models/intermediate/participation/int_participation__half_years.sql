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

final as (
    select
        participation_no,
        half_year,
        cast(sum(case when is_leave then 0 else days end) as integer) as programme_days,
        cast(sum(case when is_leave then days else 0 end) as integer) as leave_days,
        cast(sum(case when has_measure then days else 0 end) as integer) as measure_days,
        cast(sum({{ planned_hours('hours_per_week', 'days') }}) as decimal(18, 7))
            as planned_hours
    from counted
    group by participation_no, half_year
    having sum(days) > 0
)

select * from final
