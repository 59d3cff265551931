select
    unit_id,
    municipality_code,
    valid_from,
    valid_to,
    line_number,
    file_name
from {{ ref('stg_aordningen__virksomheter') }}
where is_current
