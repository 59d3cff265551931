select
    fravaer_id as absence_id,
    deltakelse_id as participation_id,
    fravaerstype as absence_type,
    fra_dato as from_date,
    til_dato as to_date,
    timer as hours,
    registrert_dato as registered_date,
    delivered,
    file_name,
    line_number
from {{ ref('base_nir__fravaer') }}
where reason is null
