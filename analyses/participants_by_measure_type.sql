-- How many had each type of measure on a programme day of the year? One person can have several
-- types, so the types do not add up to the participants.
select
    measures.period as year,
    types.group_label_nb as measure_group,
    types.label_nb as measure_type,
    count(*) as persons
from {{ ref('fct_participant_period_measures') }} as measures
inner join {{ ref('dim_measure_type') }} as types on measures.measure_type = types.measure_type
where measures.period_type = 'year'
group by measures.period, types.group_label_nb, types.label_nb, types.sort_order
order by measures.period, types.sort_order
