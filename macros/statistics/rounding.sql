{#
    A ratio of two whole numbers, rounded half up to so many decimals in whole arithmetic, so that no binary
    fraction decides which way a half goes; null where there is nothing to divide by.
#}
{% macro half_up(part, whole, decimals=0) -%}
    case
        when {{ whole }} > 0
            then {{ whole_division(
                '(' ~ 2 * 10 ** decimals ~ ' * ' ~ part ~ ' + ' ~ whole ~ ')', '(2 * ' ~ whole ~ ')') }}
            {{- ' / ' ~ (10 ** decimals) ~ '.0' if decimals }}
    end
{%- endmacro %}


{# The same of exact decimals, neither with more than seven decimals. #}
{% macro rounded_ratio(part, whole, decimals=0) -%}
    {{ half_up(
        wide_integer('10000000 * cast(' ~ part ~ ' as decimal(28, 7))'),
        wide_integer('10000000 * cast(' ~ whole ~ ' as decimal(28, 7))'),
        decimals) }}
{%- endmacro %}


{# What part is of whole in percent, of two counts. #}
{% macro percent(part, whole, decimals=0) -%}
    {{ half_up('100 * ' ~ part, whole, decimals) }}
{%- endmacro %}
