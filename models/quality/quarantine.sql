-- Every received row that is not in staging, as it came, with the first reason that fits.
with faulty as (
    {%- for dataset in datasets() %}
    {{ 'union all' if not loop.first }}
    select
        '{{ dataset.split('__')[0] }}' as source,
        '{{ dataset.split('__')[1] }}' as table_name,
        reason,
        delivered,
        file_name,
        line_number,
        row_content
    from {{ ref('base_' ~ dataset) }}
    where reason is not null
    {%- endfor %}
),

final as (
    select
        faulty.source,
        files.dataset,
        faulty.reason,
        faulty.delivered,
        faulty.file_name,
        faulty.line_number,
        faulty.row_content
    from faulty
    inner join {{ ref('stg_receipt__files') }} as files
        on
            faulty.source = files.source
            and faulty.table_name = files.table_name
            and faulty.delivered = files.delivered
            and faulty.file_name = files.file_name
)

select * from final
