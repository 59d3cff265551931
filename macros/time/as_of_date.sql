{# The var as_of as a SQL date, null if it is not set. #}
{% macro as_of_date() -%}
    {%- set as_of = checked_var('as_of', '^[0-9]{4}-[0-9]{2}-[0-9]{2}$', 'a date, YYYY-MM-DD') -%}
    cast({{ "'" ~ as_of ~ "'" if as_of else 'null' }} as date)
{%- endmacro %}
