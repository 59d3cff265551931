{#
    SSB's layout of participants by a row value and sex: counts, totals and the sexes' percent of each
    row. `rows_from` has year, the row column and sex as labels; null is in the totals only.
#}
{% macro published_counts(rows_from, row_column, total_label, decimals=0) %}
in_every_cell as (
    {%- for row_value in [row_column, "'" ~ total_label ~ "'"] %}
    {%- set outer_loop = loop %}
    {%- for col_value in ['sex', "'Begge kjønn'"] %}
    {{ 'union all' if not (outer_loop.first and loop.first) }}
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
        max(case when col_value = 'Begge kjønn' then persons end)
            over (partition by year, row_value) as total
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
    cast({{ percent('persons', 'total', decimals) }} as varchar) as value
from with_totals
where col_value <> 'Begge kjønn'
order by year, row_value, col_value, measure
{% endmacro %}
