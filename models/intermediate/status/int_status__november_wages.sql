select
    person_key,
    cast(extract(year from income_month) as integer) as income_year,
    sum(amount) as amount
from {{ ref('int_income__lines') }}
where kind = 'wage'
group by 1, 2
