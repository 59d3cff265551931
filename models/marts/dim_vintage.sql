select
    as_of,
    observed_until,
    nir_delivered,
    aordningen_delivered,
    folkeregister_delivered,
    status_delivered,
    kostra_delivered
from {{ ref('int_time__vintage') }}
