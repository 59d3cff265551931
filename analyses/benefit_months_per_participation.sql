-- For how many months was introduction benefit paid in a participation, and how much? A month of
-- two municipalities is one month; one whose payments and corrections add up to zero is none.
with months as (
    select
        participation_id,
        benefit_month,
        sum(amount) as amount
    from {{ ref('fct_benefit_months') }}
    group by participation_id, benefit_month
    having sum(amount) > 0
)

select
    participations.participation_id,
    participations.start_date,
    participations.end_date,
    count(months.benefit_month) as benefit_months,
    sum(months.amount) as amount
from {{ ref('fct_participation') }} as participations
left join months on participations.participation_id = months.participation_id
group by participations.participation_id, participations.start_date, participations.end_date
order by participations.participation_id
