-- Rows received = rows staged + rows quarantined, for every file of every delivery that is read: a
-- mapping may make several tables of one file.
with staged as (
    {%- for dataset in datasets() %}
    {{ 'union all' if not loop.first }}
    select
        '{{ dataset.split('__')[0] }}' as source,
        '{{ dataset.split('__')[1] }}' as table_name,
        delivered,
        file_name,
        count(*) as staged_rows
    from {{ ref('stg_' ~ dataset) }}
    group by 1, 2, 3, 4
    {%- endfor %}
),

quarantined as (
    select
        source,
        dataset,
        delivered,
        file_name,
        count(*) as quarantined_rows
    from {{ ref('quarantine') }}
    group by 1, 2, 3, 4
),

final as (
    select
        files.source,
        files.table_name,
        files.dataset,
        files.delivered,
        files.file_name,
        files.received_rows,
        coalesce(staged.staged_rows, 0) as staged_rows,
        coalesce(quarantined.quarantined_rows, 0) as quarantined_rows
    from {{ ref('stg_receipt__files') }} as files
    left join staged
        on
            files.source = staged.source
            and files.table_name = staged.table_name
            and files.delivered = staged.delivered
            and files.file_name = staged.file_name
    left join quarantined
        on
            files.source = quarantined.source
            and files.dataset = quarantined.dataset
            and files.delivered = quarantined.delivered
            and files.file_name = quarantined.file_name
    where files.is_used
)

select * from final
