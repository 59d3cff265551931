-- All that a person was paid in a month, by whichever municipality.
select
    person_key,
    benefit_month,
    cast(sum(amount) as decimal(18, 2)) as amount
from {{ ref('int_income__benefit_months') }}
group by person_key, benefit_month
