-- Zero is a row: a month's events of which nothing was known yet, or nothing is known any more.
with counts as (
    select
        municipality_code,
        event_type,
        event_month,
        delivered,
        known_count
    from {{ ref('int_registration__known') }}
    where not is_address_protected
),

occurring as (
    select
        municipality_code,
        event_type,
        event_month
    from counts
    group by municipality_code, event_type, event_month
),

deliveries as (
    select delivered
    from {{ ref('int_registration__known') }}
    group by delivered
),

final as (
    select
        occurring.municipality_code,
        occurring.event_type,
        occurring.event_month,
        deliveries.delivered,
        {{ months_between('occurring.event_month', 'deliveries.delivered') }} as age_months,
        cast(coalesce(counts.known_count, 0) as bigint) as known_count
    from occurring
    inner join deliveries on occurring.event_month <= deliveries.delivered
    left join counts
        on
            occurring.municipality_code = counts.municipality_code
            and occurring.event_type = counts.event_type
            and occurring.event_month = counts.event_month
            and deliveries.delivered = counts.delivered
)

select * from final
