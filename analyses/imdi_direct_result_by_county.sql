-- IMDi's direct result by county and year, in the long layout of tests/data/published: exits of the
-- year to work and to education, with the county of that time. Protected addresses count in the
-- country only; unregistered reasons stay in the denominator.
with exits as (
    select
        persons.period as year,
        case when not persons.is_address_protected then municipalities.county_name end as county,
        case when not persons.is_address_protected then persons.municipality_code end
            as municipality,
        persons.is_address_protected,
        sexes.label_nb as sex,
        cast(persons.termination_group = 'arbeid' as integer) as to_work,
        cast(persons.termination_group = 'utdanning' as integer) as to_education,
        cast(persons.is_work_or_education as integer) as to_either
    from {{ ref('fct_participant_periods') }} as persons
    left join {{ ref('sexes') }} as sexes on persons.sex = sexes.sex
    left join {{ ref('dim_municipality_period') }} as municipalities
        on
            persons.period = municipalities.period
            and persons.municipality_code = municipalities.municipality_code
    where persons.period_type = 'year' and persons.is_exit
),

regions as (
    select
        year,
        'fylke' as row_dim,
        county as row_value,
        to_work,
        to_education,
        to_either
    from exits
    where county is not null
    union all
    select
        year,
        'fylke' as row_dim,
        'Hele Norge' as row_value,
        to_work,
        to_education,
        to_either
    from exits
    union all
    select
        year,
        'fylke' as row_dim,
        'Skjermet identitet (inngår i Hele Norge)' as row_value,
        to_work,
        to_education,
        to_either
    from exits
    where is_address_protected
    union all
    select
        year,
        'kjønn' as row_dim,
        sex as row_value,
        to_work,
        to_education,
        to_either
    from exits
    where sex is not null
),

counts as (
    select
        year,
        row_dim,
        row_value,
        count(*) as exits,
        sum(to_work) as to_work,
        sum(to_education) as to_education,
        sum(to_either) as to_either
    from regions
    group by year, row_dim, row_value
),

large_municipalities as (
    select
        year,
        count(*) as municipalities
    from (
        select
            year,
            municipality
        from exits
        where municipality is not null
        group by year, municipality
        having count(*) >= 5
    ) as municipalities
    group by year
)

{%- for col_value, measure, value in [
    ('Antall avsluttet', 'antall', 'exits'),
    ('Antall over til arbeid', 'antall', 'to_work'),
    ('Antall over til utdanning', 'antall', 'to_education'),
    ('Andel i arbeid eller utdanning', 'prosent', percent('to_either', 'exits')),
] %}
select
    year,
    row_dim,
    row_value,
    '{{ col_value }}' as col_value,
    '{{ measure }}' as measure,
    cast({{ value }} as {{ dbt.type_string() }}) as value
from counts
union all
{%- endfor %}
select
    year,
    'i alt' as row_dim,
    'I alt' as row_value,
    'Kommuner med fem eller flere avsluttede' as col_value,
    'antall kommuner' as measure,
    cast(municipalities as {{ dbt.type_string() }}) as value
from large_municipalities
order by year, row_dim, row_value, col_value
