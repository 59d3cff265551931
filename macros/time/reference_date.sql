{# The last day of the year whose municipalities older codes are carried forward to. #}
{% macro reference_date() -%}
    {%- set year = var('reference_year', none) -%}
    {%- if year and not modules.re.match('^[0-9]{4}$', year | string) -%}
        {%- do exceptions.raise_compiler_error(
            "The var reference_year is '" ~ year ~ "'; expected a year, YYYY.") -%}
    {%- endif -%}
    date '{{ year or 9998 }}-12-31'
{%- endmacro %}
