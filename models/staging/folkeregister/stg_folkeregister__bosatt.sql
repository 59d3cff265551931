select
    bosatt_id as residence_id,
    ident,
    kommunenr as municipality_code,
    fra_dato as from_date,
    til_dato as to_date,
    delivered,
    file_name,
    line_number
from {{ ref('base_folkeregister__bosatt') }}
where reason is null
