{#
    SSB's layout of participants by a row value and sex: counts, totals and the sexes' percent of each
    row. `rows_from` has year, the row column and sex as labels; null is in the totals only.
#}
{% macro published_counts(rows_from, row_column, total_label, decimals=0) %}
counts as (
    select
        year,
        case when grouping({{ row_column }}) = 1 then '{{ total_label }}' else {{ row_column }} end
            as row_value,
        case when grouping(sex) = 1 then 'Begge kjønn' else sex end as col_value,
        count(*) as persons,
    from {{ rows_from }}
    group by grouping sets ((year), (year, sex), (year, {{ row_column }}), (year, {{ row_column }}, sex))
),

with_totals as (
    select
        *,
        max(case when col_value = 'Begge kjønn' then persons end)
            over (partition by year, row_value) as total,
    from counts
    where row_value is not null and col_value is not null
)

select year, row_value, col_value, 'antall' as measure, cast(persons as varchar) as value
from with_totals
union all
select
    year, row_value, col_value, 'prosent' as measure,
    cast({{ percent('persons', 'total', decimals) }} as varchar) as value,
from with_totals
where col_value <> 'Begge kjønn'
order by year, row_value, col_value, measure
{% endmacro %}
