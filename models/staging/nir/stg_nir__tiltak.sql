select
    tiltak_id as measure_id,
    deltakelse_id as participation_id,
    tiltakstype as measure_word,
    fra_dato as from_date,
    til_dato as to_date,
    timer_per_uke as hours_per_week,
    registrert_dato as registered_date,
    delivered,
    file_name,
    line_number
from {{ ref('base_nir__tiltak') }}
where reason is null
