{#
    A table in the layout of SSB's published ones: counts by row value and sex, with totals, and percent.

    rows_from has year, the row columns (labels; null is in the total only) and sex. percent_of: 'row'
    gives the sexes' shares of each row, 'column' each row's share of its column's total.
#}
{% macro published_counts(rows_from, row_columns, total_label, percent_of='row', decimals=0) %}
in_every_cell as (
    {%- for row_value in row_columns + ["'" ~ total_label ~ "'"] %}
    {%- set is_first_row = loop.first %}
    {%- for col_value in ['sex', "'Begge kjønn'"] %}
    {{ 'union all' if not (is_first_row and loop.first) }}
    select
        year,
        {{ row_value }} as row_value,
        {{ col_value }} as col_value
    from {{ rows_from }}
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
    where row_value is not null and col_value is not null
    group by year, row_value, col_value
),

with_totals as (
    select
        *,
        {%- if percent_of == 'row' %}
        max(case when col_value = 'Begge kjønn' then persons end)
            over (partition by year, row_value) as total
        {%- else %}
        max(case when row_value = '{{ total_label }}' then persons end)
            over (partition by year, col_value) as total
        {%- endif %}
    from counts
)

select
    year,
    row_value,
    col_value,
    'antall' as measure,
    cast(persons as {{ dbt.type_string() }}) as value
from with_totals
union all
select
    year,
    row_value,
    col_value,
    'prosent' as measure,
    cast({{ percent('persons', 'total', decimals) }} as {{ dbt.type_string() }}) as value
from with_totals
{%- if percent_of == 'row' %}
where col_value <> 'Begge kjønn'
{%- endif %}
order by year, row_value, col_value, measure
{% endmacro %}
