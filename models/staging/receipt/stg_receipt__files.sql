{{ config(materialized="table") }}

select
    source,
    delivered,
    covers_until,
    file_name,
    dataset,
    table_name,
    received_rows,
    is_used,
    as_of
from {{ source('receipt', 'files') }}
