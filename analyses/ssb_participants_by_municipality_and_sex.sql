-- SSB's table of participants by programme municipality and sex, with the codes of the time, in the
-- long layout of tests/data/published. Protected addresses are in the total only.
with participants as (
    select
        persons.period as year,
        case
            when not persons.is_address_protected
                then persons.municipality_code || ' ' || municipalities.municipality_name
        end as municipality,
        sexes.label_nb as sex
    from {{ ref('fct_participant_periods') }} as persons
    left join {{ ref('sexes') }} as sexes on persons.sex = sexes.sex
    left join {{ ref('dim_municipality_period') }} as municipalities
        on
            persons.period = municipalities.period
            and persons.municipality_code = municipalities.municipality_code
    where persons.period_type = 'year'
),

{{ published_counts('participants', ['municipality'], 'I alt') }}
