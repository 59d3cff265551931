-- How much a region's own past counts (Bühlmann and Straub): a strength of k events means that a
-- region with k events in its past counts half, and its parent region the other half. k is the
-- variance from half-year to half-year within regions over the variance between regions.
with own as (
    select
        region_type,
        region_code,
        event_type,
        half_year,
        sum(known_count) as known_count,
        sum(final_count) as final_count,
        count(*) as half_year_count
    from {{ ref('int_registration__past') }}
    where region_type <> 'country'
    group by region_type, region_code, event_type, half_year
),

everywhere as (
    select
        region_type,
        event_type,
        half_year,
        sum(known_count) / cast(sum(final_count) as double) as share,
        sum(final_count) as final_count,
        sum(cast(final_count * final_count as decimal(38, 6))) as squared_count,
        count(*) as region_count,
        sum(half_year_count) - count(*) as freedom
    from own
    group by region_type, event_type, half_year
),

-- Sums of squares as decimals: the order in which rows are added does not matter.
within_regions as (
    select
        past.region_type,
        past.event_type,
        past.half_year,
        sum(cast(
            past.final_count * power(
                past.known_count / cast(past.final_count as double)
                - own.known_count / cast(own.final_count as double), 2
            ) as decimal(30, 12)
        )) as squares
    from {{ ref('int_registration__past') }} as past
    inner join own
        on
            past.region_type = own.region_type
            and past.region_code = own.region_code
            and past.event_type = own.event_type
            and past.half_year = own.half_year
    group by past.region_type, past.event_type, past.half_year
),

between_regions as (
    select
        own.region_type,
        own.event_type,
        own.half_year,
        sum(cast(
            own.final_count * power(
                own.known_count / cast(own.final_count as double) - everywhere.share, 2
            ) as decimal(30, 12)
        )) as squares
    from own
    inner join everywhere
        on
            own.region_type = everywhere.region_type
            and own.event_type = everywhere.event_type
            and own.half_year = everywhere.half_year
    group by own.region_type, own.event_type, own.half_year
),

variances as (
    select
        everywhere.region_type,
        everywhere.event_type,
        everywhere.half_year,
        everywhere.region_count,
        between_regions.squares as between_squares,
        everywhere.final_count
        - everywhere.squared_count / cast(everywhere.final_count as double) as spread,
        -- One half-year each: only the variance of a share is left.
        coalesce(
            within_regions.squares / nullif(cast(everywhere.freedom as double), 0),
            everywhere.share * (1 - everywhere.share)
        ) as within_variance
    from everywhere
    inner join within_regions
        on
            everywhere.region_type = within_regions.region_type
            and everywhere.event_type = within_regions.event_type
            and everywhere.half_year = within_regions.half_year
    inner join between_regions
        on
            everywhere.region_type = between_regions.region_type
            and everywhere.event_type = between_regions.event_type
            and everywhere.half_year = between_regions.half_year
),

final as (
    select
        region_type,
        event_type,
        half_year,
        -- No more difference between regions than chance gives: each takes the parent's share.
        round(
            case
                when between_squares > (region_count - 1) * within_variance
                    then
                        greatest(
                            1,
                            within_variance * spread
                            / (between_squares - (region_count - 1) * within_variance)
                        )
                else 1000000000
            end, 6
        ) as strength
    from variances
)

select * from final
