{# The year of the register's list of participants as a number, null if the var is not set. #}
{% macro report_year() -%}
    cast({{ checked_var('report_year', '^[0-9]{4}$', 'a year, YYYY') or 'null' }} as integer)
{%- endmacro %}
