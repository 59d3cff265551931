{#
    A ratio of exact decimals, rounded half up to so many decimals in whole arithmetic, so that no binary
    fraction decides which way a half goes; null where there is nothing to divide by. Neither number may have
    more than seven decimals.
#}
{% macro rounded_ratio(part, whole, decimals=0) -%}
    {%- set part = wide_integer('10000000 * cast(' ~ part ~ ' as decimal(28, 7))') -%}
    {%- set whole = wide_integer('10000000 * cast(' ~ whole ~ ' as decimal(28, 7))') -%}
    case
        when {{ whole }} > 0
            then {{ whole_division(
                '(' ~ 2 * 10 ** decimals ~ ' * ' ~ part ~ ' + ' ~ whole ~ ')', '(2 * ' ~ whole ~ ')') }}
            {{- ' / ' ~ (10 ** decimals) ~ '.0' if decimals }}
    end
{%- endmacro %}


{# What part is of whole in percent, rounded as a ratio is. #}
{% macro percent(part, whole, decimals=0) -%}
    {{ rounded_ratio('100 * ' ~ part, whole, decimals) }}
{%- endmacro %}
