select cast(extract(year from income_month) as integer) as income_year
from {{ ref('int_income__lines') }}
where extract(month from income_month) = 11
group by 1
