-- What was not let in, and why? Quarantined rows by table and reason, with their share of the rows
-- received; row_content in `quarantine` shows each row as it came.
select
    conservation.source,
    conservation.table_name,
    faults.reason,
    count(*) as quarantined_rows,
    count(*) / max(conservation.table_rows) as share_of_received,
from {{ ref('quarantine') }} as faults
inner join (
    select
        *,
        sum(received_rows) over (partition by source, table_name) as table_rows,
    from {{ ref('dq_conservation') }}
) as conservation
    on
        faults.source = conservation.source
        and faults.delivered = conservation.delivered
        and faults.file_name = conservation.file_name
group by 1, 2, 3
order by 1, 2, 4 desc, 3
