{#
    Days by number: day 0 is Monday 1 January of year 1, so a week is a whole division by seven and
    Mondays to Fridays are counted without a row for each day.
#}

{% macro day_number(day) -%}
    {{ days_between("date '0001-01-01'", day) }}
{%- endmacro %}


{% macro day_of_number(number) -%}
    {{ add_days("date '0001-01-01'", number) }}
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
