{# The value of a var, none if it is not set; an error if it does not look as expected. #}
{% macro checked_var(name, pattern, expected) %}
    {%- set value = var(name, none) -%}
    {%- if value and not modules.re.match(pattern, value | string) -%}
        {%- do exceptions.raise_compiler_error(
            "The var " ~ name ~ " is '" ~ value ~ "'; expected " ~ expected ~ ".") -%}
    {%- endif -%}
    {{- return(value) -}}
{% endmacro %}
