-- Only the newest list delivered counts, an empty one as well; the older ones stay, marked.
with newest as (
    select max(delivered) as delivered
    from {{ ref('stg_receipt__files') }}
    where is_used and source = 'aordningen' and table_name = 'virksomheter'
),

final as (
    select
        rows_received.virksomhet_id as unit_id,
        rows_received.kommunenr as municipality_code,
        rows_received.gyldig_fra as valid_from,
        rows_received.gyldig_til as valid_to,
        rows_received.delivered = newest.delivered as is_current,
        rows_received.delivered,
        rows_received.file_name,
        rows_received.line_number
    from {{ ref('base_aordningen__virksomheter') }} as rows_received
    cross join newest
    where rows_received.reason is null
)

select * from final
