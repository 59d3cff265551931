select
    participations.participation_id,
    participations.person_key,
    participations.municipality_code,
    {{ day_of_number('weeks.week_no * 7') }} as week_start,
    types.measure_type,
    weeks.measure_days,
    weeks.planned_hours
from {{ ref('int_measure__weeks') }} as weeks
inner join {{ ref('int_participation__accepted') }} as participations
    on weeks.participation_no = participations.participation_no
inner join {{ ref('int_measure__types') }} as types
    on weeks.measure_type_no = types.measure_type_no
