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

in_every_cell as (
    {%- for row_value in ['status', 'status_group', "'Arbeidssituasjon i alt'"] %}
    {%- set outer_loop = loop %}
    {%- for col_value in ['sex', "'Begge kjønn'"] %}
    {{ 'union all' if not (outer_loop.first and loop.first) }}
    select
        year,
        {{ row_value }} as row_value,
        {{ col_value }} as col_value
    from former_participants
    {%- endfor %}
    {%- endfor %}
),

counts as (
    select
        year,
        row_value,
        col_value,
        count(*) as persons
    from in_every_cell
    where col_value is not null
    group by year, row_value, col_value
),

with_totals as (
    select
        *,
        max(case when row_value = 'Arbeidssituasjon i alt' then persons end)
            over (partition by year, col_value) as total
    from counts
)

select
    year,
    row_value,
    col_value,
    'antall' as measure,
    cast(persons as varchar) as value
from with_totals
union all
select
    year,
    row_value,
    col_value,
    'prosent' as measure,
    cast({{ percent('persons', 'total') }} as varchar) as value
from with_totals
order by year, row_value, col_value, measure
