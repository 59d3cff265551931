-- A person stands in one municipality in each period, that of the participation that ends last
-- there; with a protected address, or a municipality that is not known, in the country only.
with final as (
    select
        periods.period,
        periods.period_type,
        periods.person_key,
        periods.participation_id,
        {{ placed_municipality(
            'periods.period_municipality_code', 'persons.is_address_protected') }}
            as municipality_code,
        coalesce(persons.sex, {{ unknown_code() }}) as sex,
        coalesce(age_bands.age_band, 'other') as age_band,
        coalesce(persons.country_of_birth, {{ unknown_code() }}) as country_of_birth,
        case when periods.is_exit_of_period then coalesce(ends.termination_group, 'ukjent') end
            as termination_group,
        groups.result_group
    from {{ ref('int_participation__periods') }} as periods
    inner join {{ ref('dim_person') }} as persons on periods.person_key = persons.person_key
    left join {{ ref('age_bands') }} as age_bands
        on
            {{ completed_years('persons.birth_date', 'periods.period_last_day') }}
            between age_bands.from_age and age_bands.to_age
    left join {{ ref('fct_terminations') }} as ends
        on periods.participation_id = ends.participation_id
    left join {{ ref('termination_groups') }} as groups
        on
            periods.is_exit_of_period
            and coalesce(ends.termination_group, 'ukjent') = groups.termination_group
    left join {{ ref('stat_base_municipalities') }} as known
        on
            periods.period_municipality_code = known.municipality_code
            and periods.period = known.period
    where periods.is_last_in_period
)

select * from final
