-- How late are starts and ends registered? Median, ninth decile and share over two months, by year.
with events as (
    select
        'start' as event,
        extract(year from start_date) as year,
        registration_lag_days
    from {{ ref('fct_participation') }}
    union all
    select
        'end' as event,
        end_year as year,
        registration_lag_days
    from {{ ref('fct_terminations') }}
)

select
    event,
    year,
    count(*) as events,
    quantile_disc(registration_lag_days, 0.5) as median_days,
    quantile_disc(registration_lag_days, 0.9) as ninth_decile_days,
    avg(cast(registration_lag_days > 61 as integer)) as share_over_two_months
from events
where registration_lag_days is not null
group by event, year
order by event, year
