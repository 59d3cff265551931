-- SSB's table of participants by country of birth and sex, in the long layout of
-- tests/data/published.
with participants as (
    select
        periods.period as year,
        countries.label_nb as country,
        sexes.label_nb as sex
    from {{ ref('int_participation__periods') }} as periods
    inner join {{ ref('dim_person') }} as persons on periods.person_key = persons.person_key
    left join {{ ref('sexes') }} as sexes on persons.sex = sexes.sex
    left join {{ ref('dim_country') }} as countries
        on persons.country_of_birth = countries.country_code
    where periods.period_type = 'year' and periods.is_last_in_period
),

{{ published_counts('participants', ['country'], 'Alle land') }}
