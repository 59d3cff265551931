-- Median length of ended participations by final goal: calendar days from start to end, and
-- programme weeks without leave.
select
    final_goal,
    count(*) as participations,
    median({{ days_between('start_date', 'end_date') }} + 1) as median_calendar_days,
    {{ programme_weeks('median(programme_days)') }} as median_programme_weeks
from {{ ref('fct_participation') }}
where end_date is not null and programme_days + leave_days > 0
group by final_goal
order by final_goal nulls last
