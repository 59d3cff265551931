select
    participations.participation_id,
    participations.person_key,
    participations.municipality_code,
    {{ day_of_number('weeks.week_no * 7') }} as week_start,
    weeks.programme_days,
    weeks.leave_days,
    weeks.measure_days,
    weeks.planned_hours,
    weeks.absence_hours_valid,
    weeks.absence_hours_invalid
from {{ ref('int_participation__weeks') }} as weeks
inner join {{ ref('int_participation__accepted') }} as participations
    on weeks.participation_no = participations.participation_no
