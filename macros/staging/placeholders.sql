{#
    Dates that only stand where none is known, 1900-01-01 or 9999-12-31, are rows of the seed placeholder_dates:
    what each means depends on what the column's dates are of (meta `dated` of the contract, else its period).
#}

{% macro contract_date(column) %}
    {%- set meta = column.config.meta -%}
    {%- if column.data_type in ['date', 'ddmmyy', 'month'] -%}
        {{- return(meta.get('dated', {'from': 'start', 'to': 'end'}.get(meta.get('period'), 'day'))) -}}
    {%- endif -%}
{% endmacro %}


{#
    Whether a required date may be a placeholder: a date that no spell begins or ends on, of a birth or of the
    registration. The row counts without it: with a person's row would go the protection of the address.
#}
{% macro may_be_placeholder(column) -%}
    {{- return(contract_date(column) == 'birth' or column.config.meta.get('decides', false)
        and contract_date(column) == 'day') -}}
{%- endmacro %}


{# The text of a column of the contract, null where it is a placeholder: no date stands there. #}
{% macro contract_text(text, data_type, dated) -%}
    {%- if dated -%}
    case
        when {{ is_placeholder(text, data_type, dated, ['missing'] if dated == 'since' else ['missing', 'open']) }}
            then null
        {%- if dated == 'since' %}
        -- Since always: the earliest date there is.
        when {{ is_placeholder(text, data_type, dated, ['open']) }} then '1900-01-01'
        {%- endif %}
        else {{ text }}
    end
    {%- else -%}
    {{ text }}
    {%- endif -%}
{%- endmacro %}


{% macro is_placeholder(text, data_type, dated, meanings) -%}
    {{ is_among(
        text, 'placeholder',
        ref('placeholder_dates') ~ " where data_type = '" ~ data_type ~ "' and as_" ~ dated ~ " in ('"
        ~ meanings | join("', '") ~ "')") }}
{%- endmacro %}
