-- SSB's table of participants by age and sex, in the long layout of tests/data/published.
-- Age is completed years on 31 December; who falls outside the bands is in the total only.
with participants as (
    select
        persons.period as year,
        bands.label_nb as age_band,
        sexes.label_nb as sex
    from {{ ref('fct_participant_periods') }} as persons
    left join {{ ref('sexes') }} as sexes on persons.sex = sexes.sex
    left join {{ ref('age_bands') }} as bands on persons.age_band = bands.age_band
    where persons.period_type = 'year'
),

{{ published_counts('participants', ['age_band'], 'I alt', decimals=1) }}
