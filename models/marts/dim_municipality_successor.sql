select
    municipality_code,
    from_date,
    until_date,
    current_code,
    county_code
from {{ ref('int_geography__successions') }}
