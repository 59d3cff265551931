-- For how many months was introduction benefit paid in a participation, and how much? A month of
-- two municipalities is one month.
select
    participations.participation_id,
    participations.start_date,
    participations.end_date,
    count(distinct benefits.benefit_month) as benefit_months,
    sum(benefits.amount) as amount
from {{ ref('fct_participation') }} as participations
left join {{ ref('fct_benefit_months') }} as benefits
    on participations.participation_id = benefits.participation_id
group by participations.participation_id, participations.start_date, participations.end_date
order by participations.participation_id
