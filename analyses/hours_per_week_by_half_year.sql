-- Planned hours per week and the share of programme days with a measure, by half-year, exact to the
-- day: a week that crosses the half-year's edge is not given to one side.
select
    period as half_year,
    sum(programme_days) as programme_days,
    {{ hours_per_week('sum(planned_hours)', 'sum(programme_days)') }} as hours_per_week,
    sum(measure_days) / sum(programme_days) as share_of_days_with_measure
from {{ ref('fct_participant_periods') }}
where period_type = 'half_year' and programme_days > 0
group by period
order by period
