{# Calendar months by number, twelve a year, for joins on neighbouring months. #}
{% macro month_number(day) -%}
    cast(12 * extract(year from {{ day }}) + extract(month from {{ day }}) - 1 as integer)
{%- endmacro %}


{# The first day of a month by its number. #}
{% macro first_day_of_month(number) -%}
    {{ dbt.date(whole_division(number, 12), '1 + ' ~ number ~ ' % 12', 1) }}
{%- endmacro %}


{# Calendar months from a date's month to another date's month; 0 within the same month. #}
{% macro months_between(from, until) -%}
    ({{ month_number(until) }} - {{ month_number(from) }})
{%- endmacro %}


{# The first day of a date's month. #}
{% macro month_of(day) -%}
    cast({{ dbt.date_trunc('month', day) }} as date)
{%- endmacro %}
