-- One person can have several types in a period: persons are never summed over types.
select
    participations.person_key,
    measures.period,
    measures.period_type,
    measures.measure_type,
    cast(sum(measures.measure_days) as integer) as measure_days,
    cast(sum(measures.planned_hours) as decimal(18, 7)) as planned_hours
from {{ ref('int_measure__period_days') }} as measures
inner join {{ ref('int_participation__accepted') }} as participations
    on measures.participation_no = participations.participation_no
group by
    participations.person_key,
    measures.period,
    measures.period_type,
    measures.measure_type
