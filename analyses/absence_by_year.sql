-- Absence as a share of planned hours, by calendar year. A week across the turn of a year is left
-- out: absence is known by week, and it belongs to neither year.
select
    calendar.year,
    sum(weeks.planned_hours) as planned_hours,
    sum(weeks.absence_hours_valid) as authorised_hours,
    sum(weeks.absence_hours_invalid) as unauthorised_hours,
    cast(sum(weeks.absence_hours_valid + weeks.absence_hours_invalid) as double)
    / nullif(cast(sum(weeks.planned_hours) as double), 0) as absence_share
from {{ ref('fct_participation_weeks') }} as weeks
inner join {{ ref('dim_week') }} as calendar on weeks.week_start = calendar.week_start
where calendar.year is not null
group by calendar.year
order by calendar.year
