select cast(extract(year from income_month) as integer) as income_year
from {{ ref('stg_aordningen__inntekt') }}
where is_current and extract(month from income_month) = 11
group by 1
