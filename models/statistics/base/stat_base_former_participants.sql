-- Residents on the reference date only. Without the income of that November no one is known to
-- be employed, and without a status delivery most statuses are unknown: such years have no rows.
with final as (
    select
        cast(statuses.status_year as {{ dbt.type_string() }}) as period,
        'year' as period_type,
        cast({{ dbt.date('statuses.status_year', 1, 1) }} as date) as period_start_date,
        statuses.person_key,
        cast(statuses.years_after as {{ dbt.type_string() }}) as years_after,
        {{ counted_place('places.municipality_code', 'persons.is_address_protected') }}
            as place_code,
        coalesce(persons.sex, {{ unknown_code() }}) as sex,
        statuses.status_group,
        statuses.status_code
    from {{ ref('fct_one_year_status') }} as statuses
    inner join {{ ref('dim_person') }} as persons on statuses.person_key = persons.person_key
    left join {{ ref('dim_municipality_period') }} as places
        on
            statuses.municipality_code = places.municipality_code
            and cast(statuses.status_year as {{ dbt.type_string() }}) = places.period
    where
        statuses.is_resident
        and statuses.has_status_source
        and statuses.has_income_source
)

select * from final
