-- Where are former participants a year later, by the reason they left? Residents on 30 November
-- only; the reason is the one of the exit of the year in which the last participation ended.
select
    exits.termination_group,
    statuses.status_group,
    count(*) as former_participants
from {{ ref('fct_one_year_status') }} as statuses
inner join {{ ref('fct_participant_periods') }} as exits
    on
        statuses.person_key = exits.person_key
        and cast(statuses.exit_year as {{ dbt.type_string() }}) = exits.period
where statuses.years_after = 1 and statuses.is_resident
group by exits.termination_group, statuses.status_group
order by exits.termination_group, statuses.status_group
