-- SSB's table of former participants by status one year after and sex, by status year, in the long
-- layout of tests/data/published. Only those resident on 30 November are counted.
with former_participants as (
    select
        facts.status_year as year,
        labels.label_nb as status,
        labels.group_label_nb as status_group,
        sexes.label_nb as sex
    from {{ ref('fct_one_year_status') }} as facts
    inner join {{ ref('dim_status') }} as labels on facts.status_code = labels.status_code
    inner join {{ ref('dim_person') }} as persons on facts.person_key = persons.person_key
    left join {{ ref('sexes') }} as sexes on persons.sex = sexes.sex
    where facts.years_after = 1 and facts.is_resident
),

{{ published_counts(
    'former_participants',
    ['status', 'status_group'],
    'Arbeidssituasjon i alt',
    percent_of='column',
) }}
