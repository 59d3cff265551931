-- What this build knows: deliveries up to as_of, and of the programme nothing after observed_until.
with files as (
    select * from {{ ref('stg_receipt__files') }}
    where is_used
),

final as (
    select
        max(as_of) as as_of,
        least(max(as_of), max(case when source = 'nir' then delivered end)) as observed_until,
        max(case when source = 'nir' then delivered end) as nir_delivered,
        max(case when source = 'aordningen' then delivered end) as aordningen_delivered,
        max(case when source = 'folkeregister' then delivered end) as folkeregister_delivered,
        max(case when source = 'status' then delivered end) as status_delivered,
        max(case when source = 'kostra' then delivered end) as kostra_delivered
    from files
)

select * from final
