{{ config(materialized='table') }}

-- The newest file of a reporting year counts; older ones stay, marked.
select
    delivered,
    file_name,
    dataset,
    delivered = max(delivered) over (partition by dataset) as is_current
from {{ ref('stg_receipt__files') }}
where is_used and source = 'kostra'
