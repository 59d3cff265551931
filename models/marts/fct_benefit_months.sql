select
    months.person_key,
    months.benefit_month,
    months.municipality_code,
    months.amount,
    months.line_count,
    participations.participation_id,
    months.participation_no is not null as is_matched
from {{ ref('int_income__benefit_months') }} as months
left join {{ ref('int_participation__accepted') }} as participations
    on months.participation_no = participations.participation_no
