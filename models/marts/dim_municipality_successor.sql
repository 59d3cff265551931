select
    municipality_code,
    from_date,
    until_date,
    current_code
from {{ ref('int_geography__successions') }}
