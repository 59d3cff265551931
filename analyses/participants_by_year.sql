-- How many took part each year, how many of them began, and how many ended? A participant touches
-- the year with at least one calendar day; one person counts once a year.
with began as (
    select
        cast(extract(year from start_date) as {{ dbt.type_string() }}) as year,
        count(distinct person_key) as began
    from {{ ref('fct_participation') }}
    where is_ongoing or end_date is not null
    group by cast(extract(year from start_date) as {{ dbt.type_string() }})
)

select
    persons.period as year,
    count(*) as participants,
    coalesce(max(began.began), 0) as began,
    count_if(persons.is_exit) as ended
from {{ ref('fct_participant_periods') }} as persons
left join began on persons.period = began.year
where persons.period_type = 'year'
group by persons.period
order by persons.period
