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
    {%- elif data_type == 'month' -%} {{ parsed_date(text ~ " || '-01'") }}
    {%- elif data_type == 'ddmmyy' -%} {{ parsed_date(ddmmyy_as_date_text(text)) }}
    {%- else -%} {{ text }}
    {%- endif -%}
{%- endmacro %}


{# Whether a value is there and cannot be read as the contract says. #}
{% macro is_unparseable(text, value, data_type) -%}
    {%- if data_type == 'income' -%} {{ any_line(text, 'not ' ~ is_decimal(clean('line.beloep'))) }}
    {%- else -%} ({{ text }} is not null and {{ value }} is null)
    {%- endif -%}
{%- endmacro %}


{# YYYY-MM-DD and nothing else; no one in these registers was born before 1900. #}
{% macro parsed_date(text) -%}
    case
        when {{ text }} like '____-__-__' and {{ text }} >= '1900'
            then {{ dbt.safe_cast(text, 'date') }}
    end
{%- endmacro %}


{% macro parsed_decimal(text) -%}
    case
        when {{ is_decimal(text) }}
            then cast(replace({{ text }}, ',', '.') as decimal(15, 6))
    end
{%- endmacro %}


{# Decimals with comma or point, up to six places; more, or a thousands sign, cannot be read. #}
{% macro is_decimal(text) -%}
    {{ matches(text, '[+-]?[0-9]{1,9}([.,][0-9]{1,6})?') }}
{%- endmacro %}


{% macro parsed_integer(text) -%}
    case when {{ matches(text, '[0-9]{1,9}') }} then cast({{ text }} as integer) end
{%- endmacro %}


{# The form's DDMMYY, in this century: no one took part before 2003. #}
{% macro ddmmyy_as_date_text(text) -%}
    '20' || substr({{ text }}, 5, 2) || '-' || substr({{ text }}, 3, 2) || '-' || substr({{ text }}, 1, 2)
{%- endmacro %}
