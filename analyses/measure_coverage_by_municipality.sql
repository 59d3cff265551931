-- Which municipalities lack measures? Share of programme days with a measure and hours per week, in
-- the last two observed years, by the codes of the reference year. Protected addresses are left out
-- below the country.
select
    persons.reference_municipality_code as municipality_code,
    count(distinct persons.person_key) as participants,
    cast(sum(persons.measure_days) as double) / nullif(sum(persons.programme_days), 0)
        as share_of_days_with_measure,
    {{ hours_per_week('sum(persons.planned_hours)', 'sum(persons.programme_days)') }}
        as hours_per_week
from {{ ref('fct_participant_periods') }} as persons
cross join {{ ref('dim_vintage') }} as vintage
where
    persons.period_type = 'year'
    and cast(persons.period as integer) >= extract(year from vintage.observed_until) - 1
    and not persons.is_address_protected
group by persons.reference_municipality_code
order by share_of_days_with_measure nulls first, persons.reference_municipality_code
