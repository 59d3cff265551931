-- The texts that a person's months repeat are joined when the months are read, not kept.
select
    coalesce(persons.person_key, months.unknown_person_key) as person_key,
    months.benefit_month,
    months.municipality_code,
    months.amount,
    months.line_count,
    participations.participation_id,
    months.participation_no is not null as is_matched
from {{ ref('int_income__benefit_months') }} as months
left join {{ ref('int_person__persons') }} as persons on months.person_no = persons.person_no
left join {{ ref('int_participation__accepted') }} as participations
    on months.participation_no = participations.participation_no
