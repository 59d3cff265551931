select
    ident,
    ident_rank,
    gjeldende_ident as current_ident,
    fra_dato as from_date,
    delivered,
    file_name,
    line_number
from {{ ref('base_folkeregister__identer') }}
where reason is null
