{{ config(materialized='table') }}

-- Of a source whose deliveries are snapshots the newest that was known at as_of is read, of the
-- others all that were known.
with unpacked as (
    select
        source,
        delivered,
        covers_until,
        {{ each_element('files') }} as file,
        coalesce({{ as_of_date() }}, max(delivered) over ()) as as_of
    from {{ source('receipt', 'receipts') }}
),

files as (
    select
        source,
        delivered,
        covers_until,
        file.file_name,
        file.dataset,
        file.table_name,
        file.received_rows,
        as_of
    from unpacked
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
        files.file_name,
        files.dataset,
        files.table_name,
        files.received_rows,
        case
            when files.source in ({{ snapshot_sources() }}) then files.delivered = newest.delivered
            else files.delivered <= files.as_of
        end as is_used,
        files.as_of
    from files
    left join newest on files.source = newest.source
)

select * from final
