-- Absence as a share of planned hours, by the calendar year of the week's Monday.
select
    extract(year from week_start) as year,
    sum(planned_hours) as planned_hours,
    sum(absence_hours_valid) as authorised_hours,
    sum(absence_hours_invalid) as unauthorised_hours,
    cast(sum(absence_hours_valid + absence_hours_invalid) as double)
    / nullif(cast(sum(planned_hours) as double), 0) as absence_share
from {{ ref('fct_participation_weeks') }}
group by 1
order by 1
