select
    vedtak_id as decision_id,
    ident,
    kommunenr as municipality_code,
    vedtakstype as decision_type,
    vedtaksdato as decision_date,
    fra_dato as from_date,
    til_dato as to_date,
    begrunnelse as grounds,
    registrert_dato as registered_date,
    delivered,
    file_name,
    line_number
from {{ ref('base_nir__vedtak') }}
where reason is null
