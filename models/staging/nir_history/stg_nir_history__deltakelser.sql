select
    deltakelse_id as participation_id,
    ident,
    kommunenr as municipality_code,
    start_dato as start_date,
    slutt_dato as end_date,
    delivered
from {{ ref('base_nir_history__deltakelser') }}
where reason is null
