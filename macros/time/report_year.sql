{# The year of the register's list of participants as a number, null if the var is not set. #}
{% macro report_year() -%}
    {%- set year = var('report_year', none) -%}
    {%- if year and not modules.re.match('^[0-9]{4}$', year | string) -%}
        {%- do exceptions.raise_compiler_error(
            "The var report_year is '" ~ year ~ "'; expected a year, YYYY.") -%}
    {%- endif -%}
    cast({{ year or 'null' }} as integer)
{%- endmacro %}
