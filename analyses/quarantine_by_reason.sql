-- What was not let in, and why? Quarantined rows by table and reason, with their share of the rows
-- received; row_content in `quarantine` shows each row as it came.
with files as (
    select
        source,
        table_name,
        dataset,
        delivered,
        file_name,
        sum(received_rows) over (partition by source, table_name) as table_rows
    from {{ ref('dq_conservation') }}
)

select
    files.source,
    files.table_name,
    faults.reason,
    count(*) as quarantined_rows,
    count(*) / max(files.table_rows) as share_of_received
from {{ ref('quarantine') }} as faults
inner join files
    on
        faults.source = files.source
        and faults.dataset = files.dataset
        and faults.delivered = files.delivered
        and faults.file_name = files.file_name
group by files.source, files.table_name, faults.reason
order by files.source asc, files.table_name asc, quarantined_rows desc, faults.reason asc
