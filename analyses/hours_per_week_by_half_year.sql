-- Planned hours per week and the share of programme days with a measure, by half-year. Made from
-- stretches of days, clipped to the half-year: a week that crosses its edge is not given to one
-- side.
with clipped as (
    select
        periods.period as half_year,
        stretches.participation_no,
        stretches.has_measure,
        stretches.hours_per_week,
        {{ weekdays(
            'greatest(stretches.first_day_no, ' ~ day_number('periods.first_day') ~ ')',
            'least(stretches.last_day_no, ' ~ day_number('periods.last_day') ~ ')') }} as days
    from {{ ref('int_participation__stretches') }} as stretches
    inner join {{ ref('int_time__periods') }} as periods
        on
            stretches.first_day_no <= {{ day_number('periods.last_day') }}
            and stretches.last_day_no >= {{ day_number('periods.first_day') }}
    where periods.period_type = 'half_year' and not stretches.is_leave
)

select
    half_year,
    sum(days) as programme_days,
    cast(sum(hours_per_week * days) as double) / sum(days) as hours_per_week,
    sum(case when has_measure then days else 0 end) / sum(days) as share_of_days_with_measure
from clipped
where days > 0
group by half_year
order by half_year
