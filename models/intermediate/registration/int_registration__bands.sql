-- How far off the method has been: what came of earlier half-years against what was expected of
-- them, in bands of half-years of which about as much was expected. The country has few half-years,
-- so its events of all types make one pool.
with foretold as (
    select
        *,
        case when region_type = 'country' then 'all' else event_type end as pool,
        final_count - known_count as came,
        known_count * (1 - share) / share as expected_to_come
    from {{ ref('int_registration__foretold') }}
    where known_count > 0 and share > 0 and share < 1
),

in_order as (
    select
        *,
        row_number() over (
            partition by region_type, pool, half_year
            order by expected_to_come, region_code, event_type, past_half_year
        ) - 1 as number_before,
        count(*) over (partition by region_type, pool, half_year) as all_count
    from foretold
),

counted as (
    select
        in_order.*,
        least(method.most_bands, greatest(1, floor(in_order.all_count / method.band_size)))
            as band_count
    from in_order
    cross join {{ ref('registration_method') }} as method
),

banded as (
    select
        *,
        cast(floor(number_before * band_count / all_count) as integer) as band_no
    from counted
),

-- Whole numbers are spread evenly over half a number to each side, as in any grouped distribution.
spread as (
    select
        *,
        came - 0.5 + (
            row_number() over (
                partition by region_type, pool, half_year, band_no, round(came)
                order by expected_to_come, region_code, event_type, past_half_year
            ) - 0.5
        ) / count(*) over (
            partition by region_type, pool, half_year, band_no, round(came)
        ) as came_spread
    from banded
),

-- What came against what was expected. Foretold with one half-year less than today's, the past
-- deviates a little more than today will: by sqrt(1 - 1/n²) with n half-years.
ratios as (
    select
        region_type,
        pool,
        half_year,
        band_no,
        expected_to_come,
        1 + (came_spread / expected_to_come - 1) * case
            when own_half_year_count > 1
                then sqrt(1 - 1.0 / (own_half_year_count * own_half_year_count))
            else 1
        end as ratio
    from spread
),

ranked as (
    select
        *,
        row_number() over (
            partition by region_type, pool, half_year, band_no
            order by ratio
        ) - 1 as place,
        count(*) over (partition by region_type, pool, half_year, band_no) - 1 as last_place,
        lead(ratio) over (
            partition by region_type, pool, half_year, band_no
            order by ratio
        ) as next_ratio
    from ratios
),

points as (
    select
        'low' as point,
        interval_tail as share
    from {{ ref('registration_method') }}
    union all
    select
        'high' as point,
        1 - interval_tail as share
    from {{ ref('registration_method') }}
    union all
    select
        'one_sided' as point,
        1 - 2 * interval_tail as share
    from {{ ref('registration_method') }}
),

-- The ratio that this share of the band lies below, between the two nearest ones.
quantiles as (
    select
        ranked.region_type,
        ranked.pool,
        ranked.half_year,
        ranked.band_no,
        points.point,
        ranked.ratio
        + (coalesce(ranked.next_ratio, ranked.ratio) - ranked.ratio)
        * (points.share * ranked.last_place - floor(points.share * ranked.last_place)) as ratio
    from ranked
    inner join points on ranked.place = floor(points.share * ranked.last_place)
),

least_expected as (
    select
        region_type,
        pool,
        half_year,
        band_no,
        min(expected_to_come) as from_expected
    from ratios
    group by region_type, pool, half_year, band_no
),

final as (
    select
        bands.region_type,
        bands.pool,
        bands.half_year,
        bands.band_no,
        bands.from_expected,
        round(max(case when quantiles.point = 'low' then quantiles.ratio end), 9) as low_ratio,
        round(max(case when quantiles.point = 'high' then quantiles.ratio end), 9) as high_ratio,
        round(max(case when quantiles.point = 'one_sided' then quantiles.ratio end), 9)
            as one_sided_ratio
    from least_expected as bands
    inner join quantiles
        on
            bands.region_type = quantiles.region_type
            and bands.pool = quantiles.pool
            and bands.half_year = quantiles.half_year
            and bands.band_no = quantiles.band_no
    group by
        bands.region_type, bands.pool, bands.half_year, bands.band_no, bands.from_expected
)

select * from final
