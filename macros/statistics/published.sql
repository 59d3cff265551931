{# Columns that name a published cell before its own dimensions. #}
{% macro cell_columns() -%}
    {{- return(['release', 'period', 'region_set', 'region_type', 'region_code']) -}}
{%- endmacro %}


{#
    Percent of published counts: part of whole, the whole being the cell at the total of `over`, or another
    measure of the same cell. Hidden where either is; it cannot occur where the whole is zero.
#}
{% macro published_percent(rows_from, dimensions, part, whole=none, over=none, decimals=0) -%}
    {%- set keys = cell_columns() + dimensions -%}
    select
        {%- for key in keys %}
        parts.{{ key }},
        {%- endfor %}
        'percent' as measure,
        case
            when parts.sign = '' and wholes.sign = ''
                then {{ percent('cast(parts.value as bigint)', 'cast(wholes.value as bigint)', decimals) }}
        end as value,
        case
            when parts.sign <> '' then parts.sign
            when wholes.sign <> '' then wholes.sign
            when wholes.value = 0 then '.'
            else ''
        end as sign
    from {{ rows_from }} as parts
    inner join {{ rows_from }} as wholes
        on
            {%- for key in keys if key != over %}
            {{ 'and ' if not loop.first }}parts.{{ key }} = wholes.{{ key }}
            {%- endfor %}
            {%- if over %}
            and wholes.{{ over }} = {{ total_code() }}
            {%- endif %}
    where parts.measure = '{{ part }}' and wholes.measure = '{{ whole or part }}'
{%- endmacro %}


{# A published cube: the protected figures, and the percent that follow from them. #}
{% macro published_cube(name, dimensions, percents=[]) -%}
with protected as (
    select * from {{ source('protected', name) }}
),

figures as (
    select
        {{ (cell_columns() + dimensions) | join(',\n        ') }},
        measure,
        value,
        sign
    from protected
    {%- for percent in percents %}
    union all
    {{ published_percent('protected', dimensions, **percent) }}
    {%- endfor %}
),

final as (
    select
        figures.{{ (cell_columns() + dimensions) | join(',\n        figures.') }},
        figures.measure,
        cast(figures.value as decimal(18, 1)) as value,
        cast(figures.sign as {{ dbt.type_string() }}) as sign
    from figures
)

select * from final
{%- endmacro %}
