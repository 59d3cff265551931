-- A year's share weighs its half-years by the events expected in them. What is expected is an
-- estimate, so its percent is no percent of counts.
with half_years as (
    select
        event_type,
        half_year,
        known_count,
        known_count / nullif(known_share, 0) as expected,
        known_count / nullif(known_share_low, 0) as most,
        known_count / nullif(known_share_high, 0) as least
    from {{ ref('fct_registration_share') }}
    where region_type = 'country'
),

by_period as (
    select
        half_year as period,
        'half_year' as period_type,
        event_type,
        known_count,
        expected,
        most,
        least
    from half_years
    union all
    select
        substr(half_year, 1, 4) as period,
        'year' as period_type,
        event_type,
        sum(known_count) as known_count,
        sum(expected) as expected,
        sum(most) as most,
        sum(least) as least
    from half_years
    group by 1, 2, 3
),

wide as (
    select
        *,
        'at_the_time' as region_set,
        'country' as region_type,
        {{ country_code() }} as region_code
    from by_period
),

final as (
    {{ long_cube('wide', ['event_type'], {
        'known_percent': {
            'value': 'round(100 * known_count / nullif(expected, 0))', 'persons': 'known_count'},
        'low_percent': {
            'value': 'round(100 * known_count / nullif(most, 0))', 'persons': 'known_count'},
        'high_percent': {
            'value': 'round(100 * known_count / nullif(least, 0))', 'persons': 'known_count'},
    }) }}
)

select * from final
