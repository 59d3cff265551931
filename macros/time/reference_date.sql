{# The last day of the year whose municipalities older codes are carried forward to. #}
{% macro reference_date() -%}
    date '{{ checked_var('reference_year', '^[0-9]{4}$', 'a year, YYYY') or 9998 }}-12-31'
{%- endmacro %}
