-- SSB's table of participants by country of birth and sex, in the long layout of
-- tests/data/published.
with participants as (
    select
        persons.period as year,
        countries.label_nb as country,
        sexes.label_nb as sex
    from {{ ref('fct_participant_periods') }} as persons
    left join {{ ref('sexes') }} as sexes on persons.sex = sexes.sex
    left join {{ ref('dim_country') }} as countries
        on persons.country_of_birth = countries.country_code
    where persons.period_type = 'year'
),

{{ published_counts('participants', ['country'], 'Alle land') }}
