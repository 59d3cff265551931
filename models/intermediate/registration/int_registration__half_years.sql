-- Codes are carried forward to the newest delivery, so that a merged municipality has the history
-- of those it was made of. A count of zero is a row: nothing was known yet.
with newest as (
    select max(delivered) as delivered
    from {{ ref('int_registration__known') }}
),

half_years as (
    select
        period as half_year,
        first_day,
        last_day,
        case when extract(month from first_day) = 1 then 1 else 2 end as half_no
    from {{ ref('int_time__periods') }}
    where period_type = 'half_year'
),

places as (
    select
        successions.municipality_code,
        successions.current_code,
        min(municipalities.county_code) as county_code
    from {{ ref('int_geography__successions') }} as successions
    inner join newest
        on
            successions.from_date <= newest.delivered
            and successions.until_date > newest.delivered
    inner join {{ ref('municipalities') }} as municipalities
        on successions.current_code = municipalities.municipality_code
    group by successions.municipality_code, successions.current_code
),

known as (
    select
        known.event_type,
        coalesce(places.current_code, {{ no_municipality() }}) as municipality_code,
        coalesce(places.county_code, {{ no_municipality() }}) as county_code,
        known.is_address_protected,
        half_years.half_year,
        known.delivered,
        known.known_count
    from {{ ref('int_registration__known') }} as known
    inner join half_years
        on known.event_month between half_years.first_day and half_years.last_day
    left join places on known.municipality_code = places.municipality_code
),

regions as (
    select
        'municipality' as region_type,
        municipality_code as region_code,
        county_code as parent_code,
        event_type,
        half_year,
        delivered,
        known_count
    from known
    where not is_address_protected
    union all
    select
        'county' as region_type,
        county_code as region_code,
        '0' as parent_code,
        event_type,
        half_year,
        delivered,
        known_count
    from known
    where not is_address_protected
    union all
    select
        'country' as region_type,
        '0' as region_code,
        cast(null as {{ dbt.type_string() }}) as parent_code,
        event_type,
        half_year,
        delivered,
        known_count
    from known
),

counts as (
    select
        region_type,
        region_code,
        parent_code,
        event_type,
        half_year,
        delivered,
        sum(known_count) as known_count
    from regions
    group by region_type, region_code, parent_code, event_type, half_year, delivered
),

occurring as (
    select
        region_type,
        region_code,
        parent_code,
        event_type,
        half_year
    from counts
    group by region_type, region_code, parent_code, event_type, half_year
),

deliveries as (
    select delivered
    from {{ ref('int_registration__known') }}
    group by delivered
),

-- Each delivery in which the half-year had ended.
ages as (
    select
        half_years.half_year,
        half_years.half_no,
        deliveries.delivered,
        {{ months_between('half_years.last_day', 'deliveries.delivered') }} as age_months
    from half_years
    inner join deliveries
        on half_years.last_day < deliveries.delivered
),

final as (
    select
        occurring.region_type,
        occurring.region_code,
        occurring.parent_code,
        occurring.event_type,
        occurring.half_year,
        ages.half_no,
        ages.delivered,
        ages.age_months,
        newest.delivered = ages.delivered as is_newest,
        coalesce(campaigns.registered_from, date '9999-12-31') as campaign_from,
        coalesce(campaigns.registered_to, date '9999-12-31') as campaign_to,
        coalesce(newest.delivered > campaigns.registered_from, false) as is_campaigned,
        cast(coalesce(counts.known_count, 0) as bigint) as known_count
    from occurring
    inner join ages on occurring.half_year = ages.half_year
    inner join half_years on occurring.half_year = half_years.half_year
    cross join newest
    left join counts
        on
            occurring.region_type = counts.region_type
            and occurring.region_code = counts.region_code
            and occurring.event_type = counts.event_type
            and occurring.half_year = counts.half_year
            and ages.delivered = counts.delivered
    left join {{ ref('registration_campaigns') }} as campaigns
        on
            occurring.event_type = campaigns.event_type
            and half_years.first_day >= campaigns.event_from
            and half_years.last_day <= campaigns.event_to
)

select * from final
