select
    kategori_id as category_id,
    ident,
    kategori as category,
    kommunenr as municipality_code,
    fra_dato as from_date,
    til_dato as to_date,
    registrert_dato as registered_date,
    delivered,
    file_name,
    line_number
from {{ ref('base_nir__kategorier') }}
where reason is null
