-- SSB's table of participants by age and sex, in the long layout of tests/data/published.
-- Age is completed years on 31 December; who falls outside the bands is in the total only.
with participants as (
    select
        periods.period as year,
        bands.label_nb as age_band,
        sexes.label_nb as sex
    from {{ ref('int_participation__periods') }} as periods
    inner join {{ ref('dim_person') }} as persons on periods.person_key = persons.person_key
    left join {{ ref('sexes') }} as sexes on persons.sex = sexes.sex
    left join {{ ref('age_bands') }} as bands
        on
            {{ completed_years('persons.birth_date', 'periods.period_last_day') }}
            between bands.from_age and bands.to_age
    where periods.period_type = 'year' and periods.is_last_in_period
),

{{ published_counts('participants', ['age_band'], 'I alt', decimals=1) }}
