-- How late are starts and ends registered? Median, ninth decile and the share later than rule C05
-- allows, by year.
with events as (
    select
        'start' as event,
        start_date as event_date,
        registered_date,
        registration_lag_days
    from {{ ref('fct_participation') }}
    where is_ongoing or end_date is not null
    union all
    select
        'end' as event,
        end_date as event_date,
        registered_date,
        registration_lag_days
    from {{ ref('fct_terminations') }}
)

select
    event,
    extract(year from event_date) as year,
    count(*) as events,
    quantile_disc(registration_lag_days, 0.5) as median_days,
    quantile_disc(registration_lag_days, 0.9) as ninth_decile_days,
    avg(cast(
        registered_date > {{ add_to_date('event_date', rule_limit('C05', 'months'), 'month') }}
        as integer
    )) as late_share
from events
where registration_lag_days is not null
group by event, extract(year from event_date)
order by event, extract(year from event_date)
