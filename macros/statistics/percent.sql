{#
    Percent of two counts, rounded half up in whole arithmetic so that no binary fraction decides
    which way a half goes; `decimals` 0 or 1. Null where there is nothing to divide by.
#}
{% macro percent(part, whole, decimals=0) -%}
    {%- set scale = 10 ** decimals -%}
    case
        when {{ whole }} > 0
            then cast(
                {{ whole_division(
                    '(' ~ (200 * scale) ~ ' * ' ~ part ~ ' + ' ~ whole ~ ')', '(2 * ' ~ whole ~ ')') }}
                as decimal(9, {{ decimals }})
            ){{ ' / ' ~ scale if decimals }}
    end
{%- endmacro %}
