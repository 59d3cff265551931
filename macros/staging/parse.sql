{#
    How received text becomes a value: null where it cannot, so that the row can be quarantined and no
    error ever quotes it. Values are trimmed and empty means missing (docs/extracts.md).
#}

{% macro clean(text) -%}
    nullif({{ trimmed(text) }}, '')
{%- endmacro %}


{# A received value as text, null where it is missing; a list of income lines stays a list. #}
{% macro received_text(value, data_type) -%}
    {%- if data_type == 'income' -%} {{ value }}
    {%- elif data_type == 'ddmmyy' -%} nullif({{ clean(value) }}, '000000')
    {%- else -%} {{ clean(value) }}
    {%- endif -%}
{%- endmacro %}


{# Codes in places of their own: their blanks stay, for a code is known by its place. #}
{% macro received_codes(value) -%}
    case when {{ clean(value) }} is not null then {{ value }} end
{%- endmacro %}


{% macro parsed(text, data_type) -%}
    {%- if data_type == 'date' -%} {{ parsed_date(text) }}
    {%- elif data_type == 'decimal' -%} {{ parsed_decimal(text) }}
    {%- elif data_type == 'integer' -%} {{ parsed_integer(text) }}
    {%- elif data_type == 'year' -%} {{ parsed_year(text) }}
    {%- elif data_type == 'municipality' -%} {{ municipality_code(text) }}
    {%- elif data_type == 'organisation_number' -%} {{ organisation_number(text) }}
    {%- elif data_type == 'month' -%} {{ parsed_date(text ~ " || '-01'") }}
    {%- elif data_type == 'ddmmyy' -%} {{ parsed_date(ddmmyy_as_date_text(text)) }}
    {%- else -%} {{ text }}
    {%- endif -%}
{%- endmacro %}


{# Whether a value is there and cannot be read as the contract says. #}
{% macro is_unparseable(text, value, data_type) -%}
    {%- if data_type == 'income' -%} {{ any_line(text, unparseable(clean('line.beloep'), number_text(clean('line.beloep')))) }}
    {%- else -%} {{ unparseable(text, value) }}
    {%- endif -%}
{%- endmacro %}

{% macro unparseable(text, value) -%}
    ({{ text }} is not null and {{ value }} is null)
{%- endmacro %}


{# YYYY-MM-DD and nothing else; no one in these registers was born before 1900. #}
{% macro parsed_date(text) -%}
    case
        when {{ text }} like '____-__-__' and {{ text }} >= '1900'
            then {{ cast_or_null(text, 'date') }}
    end
{%- endmacro %}


{% macro parsed_decimal(text) -%}
    cast({{ number_text(text) }} as decimal(15, 6))
{%- endmacro %}


{# A whole number; 150 000,00 is one. Of 150.000 nobody can say whether it is 150. #}
{% macro parsed_integer(text) -%}
    case
        when {{ matches(number_text(text), '[+-]?[0-9]+([.](0{1,2}|0{4,6}))?') }}
            then cast({{ parsed_decimal(text) }} as integer)
    end
{%- endmacro %}


{# The last digits of a year. #}
{% macro parsed_year(text) -%}
    case when {{ matches(text, '[0-9]{1,2}') }} then cast({{ text }} as integer) end
{%- endmacro %}


{# The form's DDMMYY, in this century: no one took part before 2003. #}
{% macro ddmmyy_as_date_text(text) -%}
    '20' || substr({{ text }}, 5, 2) || '-' || substr({{ text }}, 3, 2) || '-' || substr({{ text }}, 1, 2)
{%- endmacro %}
