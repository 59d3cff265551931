-- How many participations meet the full time of their law, of those with enough programme days to
-- be judged (limit of rule C08), by half-year?
select
    period as half_year,
    count(is_full_time) as judged,
    {{ percent('count_if(is_full_time)', 'count(is_full_time)') }} as full_time_percent
from {{ ref('fct_participation_periods') }}
where period_type = 'half_year'
group by period
order by period
