{#
    The one reading of numbers: files of every format, the reception check, mappings and `protect` read by it. Gives
    a text with a point for decimals, null where the text is no number.

    As people and programs in Norway write them: −2 000,50 · 2000- · (2 000) · kr 2 000,- · 1.234.567 · 1.234,5. Up
    to nine digits, and six decimals behind a comma or a point. A single point or comma is the sign of decimals,
    as the contract says: 12.000 is twelve. In money nobody has three decimals, so kr 12.000 is not read.

    decimal, thousands: the only sign of decimals, and the sign between thousands, where it is known.
#}
{% macro number_text(text, decimal='', thousands='') -%}
    {%- set written = plain_signs(text) -%}
    {%- set sign -%}
        concat({{ number_part(written, 1) }}, {{ number_part(written, 3) }}, {{ number_part(written, 6) }}, {{ number_part(written, 8) }})
    {%- endset -%}
    {%- set before, after = number_part(written, 2), number_part(written, 7) -%}
    {%- set digits = number_part(written, 4) -%}
    {%- set no_ore = number_part(written, 5) -%}
    {%- set amount -%} concat({{ digits }}, {{ no_ore }}) {%- endset -%}
    {%- set point = decimal or '.,' -%}
    {%- set places = '([' ~ point ~ '][0-9]{1,6}|[' ~ point ~ ']--?)' -%}
    case
        when {{ matches(text, '[+-]?[0-9]{1,9}([' ~ point ~ '][0-9]{1,6})?') }}
            then replace({{ text }}, ',', '.')
        when {{ sign }} in ('', '+', '-', '()') and ({{ before }} = '' or {{ after }} = '')
            then case when {{ sign }} in ('-', '()') then '-' else '' end || case
                {%- if not decimal %}
                when concat({{ before }}, {{ after }}) <> '' and {{ no_ore }} = '' and {{ matches(digits, '[0-9]{1,3}[.,][0-9]{3}') }}
                    then null
                {%- endif %}
                when {{ matches(amount, '[0-9]{1,9}' ~ places ~ '?') }}
                    then replace({{ digits }}, ',', '.')
                when {{ matches(amount, '[1-9][0-9]{0,2}( [0-9]{3}){1,2}' ~ places ~ '?') }}
                    then replace(replace({{ digits }}, ' ', ''), ',', '.')
                {%- for between, other in [('.', ','), (',', '.')] if decimal != between %}
                {%- set group = '([' ~ between ~ '][0-9]{3})' %}
                {%- set places = '([' ~ other ~ '][0-9]{1,6}|[' ~ other ~ ']--?)' ~ ('?' if thousands == between else '') %}
                when {{ matches(amount, '[1-9][0-9]{0,2}(' ~ group ~ '{1,2}' ~ places ~ '|' ~ group ~ '{2})') }}
                    then replace(replace({{ digits }}, '{{ between }}', ''), ',', '.')
                {%- endfor %}
            end
    end
{%- endmacro %}


{# In lower case, a plain minus and a plain space for all that are written in their place. #}
{% macro plain_signs(text) -%}
    {%- set dashes = '\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d' -%}
    lower(translate({{ text }}, '{{ dashes ~ unicode_spaces() }}', '{{ '-' * dashes | length ~ ' ' * unicode_spaces() | length }}'))
{%- endmacro %}


{# The spaces of Unicode but for the plain one; between thousands stand no-break, narrow and thin ones. #}
{% macro unicode_spaces() -%}
    {{- '\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000' -}}
{%- endmacro %}


{# A part of a number: 1 sign, 2 currency, 3 sign, 4 digits, 5 `,-`, 6 sign, 7 currency, 8 sign; '' where it has none. #}
{% macro number_part(written, part) -%}
    {%- set currency = '((?:(?:kr|nkr|nok|kroner)[.]?)?) *' -%}
    regexp_extract(
        {{ written }},
        '^([-+(]?) *{{ currency }}([-+(]?) *([0-9](?:[0-9 .,]*[0-9])?) *((?:[.,]-{1,3})?) *([-)]?) *{{ currency }}([-)]?)\z',
        {{ part }}
    )
{%- endmacro %}


{#
    An organisation number as its nine digits, however it is written: 974 778 807, NO974778807MVA, Org.nr. 974778807, and as
    programs do: 974778807.0, 0192:974778807 (the scheme of Norwegian numbers in electronic invoices). What is none stays as it came, and rule C25 finds it.
#}
{% macro organisation_number(text) -%}
    {%- set bare -%} upper(translate({{ text }}, ' .:-/{{ unicode_spaces() }}', '')) {%- endset -%}
    {%- set pattern = '(?:ORG(?:ANISASJONS)?)?(?:NR|NUMMER)?(?:NO)?([0-9]{9})(?:MVA)?' -%}
    case
        when {{ matches(text, '[0-9]{9}') }} then {{ text }}
        when {{ matches(text, '[0-9]{9}[.,]0+') }} then substr({{ text }}, 1, 9)
        when {{ matches(text, '0192:[0-9]{9}') }} then substr({{ text }}, 6, 9)
        when {{ matches(bare, pattern) }} then regexp_extract({{ bare }}, '^' || '{{ pattern }}', 1)
        else {{ text }}
    end
{%- endmacro %}


{# Nine digits of which the last is the check digit: weights 3 2 7 6 5 4 3 2, modulus 11. #}
{% macro is_organisation_number(number) -%}
    case
        when {{ matches(number, '[0-9]{9}') }}
            then (
                {%- for weight in [3, 2, 7, 6, 5, 4, 3, 2, 1] %}
                {{ '+ ' if not loop.first }}{{ weight }} * cast(substr({{ number }}, {{ loop.index }}, 1) as integer)
                {%- endfor %}
            ) % 11 = 0
        else false
    end
{%- endmacro %}


{# A municipality's four digits. Of 301 a spreadsheet or a program has eaten the zero; it can be no other code. #}
{% macro municipality_code(text) -%}
    case
        when {{ matches(text, '[0-9]{3,4}([.,]0+)?') }} then lpad(regexp_extract({{ text }}, '^[0-9]+', 0), 4, '0')
        else {{ text }}
    end
{%- endmacro %}
