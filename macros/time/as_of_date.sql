{# The var as_of as a SQL date, null if it is not set; an error if it is no date. #}
{% macro as_of_date() -%}
    {%- set as_of = var('as_of', none) -%}
    {%- if as_of and not modules.re.match('^[0-9]{4}-[0-9]{2}-[0-9]{2}$', as_of | string) -%}
        {%- do exceptions.raise_compiler_error(
            "The var as_of is '" ~ as_of ~ "'; expected a date, YYYY-MM-DD.") -%}
    {%- endif -%}
    cast({{ "'" ~ as_of ~ "'" if as_of else 'null' }} as date)
{%- endmacro %}
