select
    signal_id,
    ident,
    signal,
    fra_dato as from_date,
    til_dato as to_date,
    kilde as register_name,
    delivered,
    file_name,
    line_number
from {{ ref('base_status__signaler') }}
where reason is null
