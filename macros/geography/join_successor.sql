{#
    Join that gives a municipality code the one that its place has on a day, as `successions.current_code`:
    null for a code that is none, or whose place that day cannot be told. {{ current_code() }} is 9999 then.
    Intermediate models name int_geography__successions, for the mart is made after them.
#}
{% macro join_successor(code, day, successors='dim_municipality_successor') -%}
    left join {{ ref(successors) }} as successions
        on
            {{ code }} = successions.municipality_code
            and {{ day }} >= successions.from_date
            and {{ day }} < successions.until_date
{%- endmacro %}


{# The code that a joined place has on the day; 9999 if that cannot be told. #}
{% macro current_code() -%}
    coalesce(successions.current_code, {{ no_municipality() }})
{%- endmacro %}


{# The code as registered, where a joined place has it; 9999 if it is no municipality's. #}
{% macro registered_code() -%}
    coalesce(successions.municipality_code, {{ no_municipality() }})
{%- endmacro %}


{# What 9999 is called, a row of the seed other_places. #}
{% macro unknown_place_name() -%}
    (select label_nb from {{ ref('other_places') }} where place_code = {{ no_municipality() }})
{%- endmacro %}
