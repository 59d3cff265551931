-- Which municipalities lack measures? Share of programme days with a measure and hours per week, of
-- participations that began by now and were going on at some time in the last two observed years.
-- Protected addresses are left out below the country.
select
    municipalities.code_in_reference_year as municipality_code,
    count(*) as participations,
    cast(sum(facts.measure_days) as double) / nullif(sum(facts.programme_days), 0)
        as share_of_days_with_measure,
    5 * cast(sum(facts.planned_hours) as double) / nullif(sum(facts.programme_days), 0)
        as hours_per_week
from {{ ref('fct_participation') }} as facts
inner join {{ ref('dim_person') }} as persons on facts.person_key = persons.person_key
cross join {{ ref('dim_vintage') }} as vintage
left join {{ ref('dim_municipality') }} as municipalities
    on
        facts.municipality_code = municipalities.municipality_code
        and facts.start_date >= municipalities.valid_from
        and facts.start_date < coalesce(municipalities.valid_to, date '9999-12-31')
where
    facts.start_date <= vintage.observed_until
    and extract(year from coalesce(facts.end_date, vintage.observed_until))
    >= extract(year from vintage.observed_until) - 1
    and not coalesce(persons.is_address_protected, false)
group by municipalities.code_in_reference_year
order by share_of_days_with_measure nulls first, municipalities.code_in_reference_year
