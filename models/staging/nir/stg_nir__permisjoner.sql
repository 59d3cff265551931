select
    permisjon_id as leave_id,
    deltakelse_id as participation_id,
    permisjonstype as leave_type,
    fra_dato as from_date,
    til_dato as to_date,
    registrert_dato as registered_date,
    delivered,
    file_name,
    line_number
from {{ ref('base_nir__permisjoner') }}
where reason is null
