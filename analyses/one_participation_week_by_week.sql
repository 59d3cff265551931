-- One participation from week to week, to see how its figures come about. The one shown has the
-- most weeks with leave; put another participation_id in `chosen` to see that.
with chosen as (
    select participation_id
    from {{ ref('fct_participation_weeks') }}
    where leave_days > 0
    group by participation_id
    order by count(*) desc, participation_id
    limit 1
)

select
    weeks.participation_id,
    calendar.iso_year,
    calendar.iso_week,
    weeks.programme_days,
    weeks.leave_days,
    weeks.measure_days,
    weeks.planned_hours,
    weeks.absence_hours_valid,
    weeks.absence_hours_invalid,
    string_agg(measures.measure_type, ', ' order by measures.measure_type) as measure_types
from {{ ref('fct_participation_weeks') }} as weeks
inner join chosen on weeks.participation_id = chosen.participation_id
inner join {{ ref('dim_week') }} as calendar on weeks.week_start = calendar.week_start
left join {{ ref('fct_measure_weeks') }} as measures
    on
        weeks.participation_id = measures.participation_id
        and weeks.week_start = measures.week_start
group by all
order by calendar.iso_year, calendar.iso_week
