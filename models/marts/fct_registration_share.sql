with shares as (
    select
        *,
        case when region_type = 'country' then 'all' else event_type end as pool,
        known_count * (1 - share) / share as expected_to_come
    from {{ ref('int_registration__shares') }}
    where not is_past_horizon
),

-- The band whose earlier half-years expected as much; the first one for what is less than any.
with_band as (
    select
        shares.*,
        bands.low_ratio,
        bands.high_ratio,
        bands.one_sided_ratio
    from shares
    left join {{ ref('int_registration__bands') }} as bands
        on
            shares.region_type = bands.region_type
            and shares.pool = bands.pool
            and shares.half_year = bands.half_year
            and (shares.expected_to_come >= bands.from_expected or bands.band_no = 0)
    qualify row_number() over (
        partition by
            shares.region_type, shares.region_code, shares.event_type, shares.half_year
        order by bands.band_no desc
    ) = 1
),

lowest as (
    select
        *,
        known_count > 0 and expected_to_come * low_ratio is not null as has_interval,
        greatest(0, round(expected_to_come * low_ratio)) as least_to_come
    from with_band
),

-- If nothing more may come, all that the interval leaves out lies above it.
bounds as (
    select
        *,
        greatest(
            least_to_come,
            round(
                expected_to_come
                * case when least_to_come = 0 then one_sided_ratio else high_ratio end
            )
        ) as most_to_come
    from lowest
),

final as (
    select
        region_type,
        region_code,
        event_type,
        half_year,
        age_months,
        horizon_age_months,
        known_count,
        round(share, 6) as known_share,
        case
            when has_interval then round(known_count / (known_count + most_to_come), 6)
        end as known_share_low,
        case
            when has_interval then round(known_count / (known_count + least_to_come), 6)
        end as known_share_high,
        round(known_count / share, 1) as expected_count,
        case
            when region_type = 'country' then 1
            when own_half_year_count = 0 then 0
            else round(
                cast(own_final_count as double) / (cast(own_final_count as double) + strength), 6
            )
        end as own_weight,
        own_half_year_count as past_half_year_count
    from bounds
)

select * from final
