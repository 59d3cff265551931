{# Whole days from one date to another; negative if `until` is earlier. #}
{% macro days_between(from, until) -%}
    cast({{ dbt.datediff(from, until, 'day') }} as integer)
{%- endmacro %}


{# A date some days or months after another, before it if the number is negative; dbt's dateadd gives a timestamp. #}
{% macro add_to_date(day, number, unit) -%}
    cast({{ dbt.dateadd(unit, number, day) }} as date)
{%- endmacro %}


{#
    Days by number: day 0 is Monday 1 January of year 1, so a week is a whole division by seven and
    Mondays to Fridays are counted without a row for each day.
#}

{% macro day_number(day) -%}
    {{ days_between("date '0001-01-01'", day) }}
{%- endmacro %}


{% macro day_of_number(number) -%}
    {{ add_to_date("date '0001-01-01'", number, 'day') }}
{%- endmacro %}


{% macro week_number(day_number) -%}
    {{ whole_division(day_number, 7) }}
{%- endmacro %}


{# Mondays to Fridays from day 0 to a day number, both included. #}
{% macro weekdays_until(day_number) -%}
    ({{ week_number(day_number) }} * 5 + least({{ day_number }} % 7 + 1, 5))
{%- endmacro %}


{# Mondays to Fridays from one day number to another, both included. #}
{% macro weekdays(first_day, last_day) -%}
    ({{ weekdays_until(last_day) }} - {{ weekdays_until('(' ~ first_day ~ ' - 1)') }})
{%- endmacro %}
