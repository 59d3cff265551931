-- How many took part each year, and how many began and ended?
-- A participant touches the year with at least one calendar day; one person counts once a year.
select
    periods.period as year,
    count(distinct periods.person_key) as participants,
    count(distinct case
        when extract(year from participations.start_date) = cast(periods.period as integer)
            then periods.person_key
    end) as began,
    count(distinct case when periods.is_exit_of_period then periods.person_key end) as ended
from {{ ref('int_participation__periods') }} as periods
inner join {{ ref('fct_participation') }} as participations
    on periods.participation_id = participations.participation_id
where periods.period_type = 'year'
group by periods.period
order by periods.period
