{#
    Join that gives a municipality code the one that its place has on a day, as `successions.current_code`.
    Intermediate models name int_geography__successions, for the mart is made after them.
#}
{% macro join_successor(code, day, successors='dim_municipality_successor') -%}
    left join {{ ref(successors) }} as successions
        on
            {{ code }} = successions.municipality_code
            and {{ day }} >= successions.from_date
            and {{ day }} < successions.until_date
{%- endmacro %}
