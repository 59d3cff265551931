-- How many had a measure of each group in the half-year? One person can be in several groups, so
-- the groups do not add up to the participants.
select
    measures.period as half_year,
    types.group_label_nb as measure_group,
    count(distinct measures.person_key) as persons
from {{ ref('fct_participant_period_measures') }} as measures
inner join {{ ref('dim_measure_type') }} as types on measures.measure_type = types.measure_type
where measures.period_type = 'half_year'
group by measures.period, types.group_label_nb
order by measures.period, types.group_label_nb
