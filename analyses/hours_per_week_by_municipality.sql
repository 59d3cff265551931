-- Planned hours per week by half-year and municipality. Protected addresses are left out below the
-- country.
select
    persons.period as half_year,
    persons.municipality_code,
    municipalities.municipality_name,
    {{ hours_per_week('sum(persons.planned_hours)', 'sum(persons.programme_days)') }}
        as hours_per_week
from {{ ref('fct_participant_periods') }} as persons
left join {{ ref('dim_municipality_period') }} as municipalities
    on
        persons.period = municipalities.period
        and persons.municipality_code = municipalities.municipality_code
where persons.period_type = 'half_year' and not persons.is_address_protected
group by persons.period, persons.municipality_code, municipalities.municipality_name
order by persons.period, persons.municipality_code
