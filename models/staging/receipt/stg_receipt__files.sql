{{ config(materialized='table') }}

-- Of a source whose deliveries are snapshots the newest that was known at as_of is read, of the
-- others all that were known.
with files as (
    select
        source,
        delivered,
        covers_until,
        {{ each_element('files') }} as file,
        coalesce({{ as_of_date() }}, max(delivered) over ()) as as_of
    from {{ source('receipt', 'receipts') }}
),

newest as (
    select
        source,
        max(delivered) as delivered
    from files
    where delivered <= as_of
    group by source
),

final as (
    select
        files.source,
        files.delivered,
        files.covers_until,
        files.file.file_name,
        files.file.dataset,
        files.file.table_name,
        files.file.received_rows,
        case
            when files.source in ({{ snapshot_sources() }}) then files.delivered = newest.delivered
            else files.delivered <= files.as_of
        end as is_used,
        files.as_of
    from files
    left join newest on files.source = newest.source
)

select * from final
