-- SSB's table of participants by programme municipality and sex, with the codes of the time, in the
-- long layout of tests/data/published. Protected addresses are in the total only.
with participants as (
    select
        periods.period as year,
        case
            when not persons.is_address_protected
                then periods.period_municipality_code || ' ' || municipalities.municipality_name
        end as municipality,
        sexes.label_nb as sex
    from {{ ref('int_participation__periods') }} as periods
    inner join {{ ref('dim_person') }} as persons on periods.person_key = persons.person_key
    left join {{ ref('sexes') }} as sexes on persons.sex = sexes.sex
    left join {{ ref('dim_municipality') }} as municipalities
        on
            periods.period_municipality_code = municipalities.municipality_code
            and periods.period_last_day >= municipalities.valid_from
            and periods.period_last_day < coalesce(municipalities.valid_to, date '9999-12-31')
    where periods.period_type = 'year' and periods.is_last_in_period
),

{{ published_counts('participants', ['municipality'], 'I alt') }}
