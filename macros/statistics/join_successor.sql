{# Join that gives a municipality code its successor on a day, as `successions.current_code`. #}
{% macro join_successor(code, day) -%}
    left join {{ ref('int_geography__successions') }} as successions
        on
            {{ code }} = successions.municipality_code
            and {{ day }} >= successions.from_date
            and {{ day }} < successions.until_date
{%- endmacro %}
