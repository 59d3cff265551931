{# The half-year of a day, 2017H1 or 2017H2. #}
{% macro half_year_of(day) -%}
    lpad(cast(extract(year from {{ day }}) as {{ dbt.type_string() }}), 4, '0')
    || case when extract(month from {{ day }}) <= 6 then 'H1' else 'H2' end
{%- endmacro %}


{#
    Half-years by number, two a year, so that a stretch of days can be cut where half-years meet
    without a row for each day.
#}
{% macro half_year_number(day) -%}
    cast(
        2 * extract(year from {{ day }}) + case when extract(month from {{ day }}) <= 6 then 0 else 1 end
        as integer
    )
{%- endmacro %}


{# The name of a half-year by its number. #}
{% macro half_year_of_number(number) -%}
    lpad(cast({{ whole_division(number, 2) }} as {{ dbt.type_string() }}), 4, '0')
    || case when {{ number }} % 2 = 0 then 'H1' else 'H2' end
{%- endmacro %}


{# The first day of a half-year by its number. #}
{% macro first_day_of_half_year(number) -%}
    {{ dbt.date(whole_division(number, 2), '1 + 6 * (' ~ number ~ ' % 2)', 1) }}
{%- endmacro %}


{# Stretches of days, cut where half-years meet: their columns, half_year, and the Mondays to Fridays there. #}
{% macro cut_by_half_year(stretches, columns) %}
    {%- set first_day_no = 'greatest(first_day_no, ' ~ day_number(first_day_of_half_year('half_year_no')) ~ ')' -%}
    {%- set last_day_no = 'least(last_day_no, ' ~ day_number(first_day_of_half_year('(half_year_no + 1)')) ~ ' - 1)' %}
    select
        {{ columns | join(', ') }},
        {{ half_year_of_number('half_year_no') }} as half_year,
        cast({{ weekdays(first_day_no, last_day_no) }} as integer) as days
    from (
        select
            {{ columns | join(', ') }},
            first_day_no,
            last_day_no,
            {{ each_integer(
                half_year_number(day_of_number('first_day_no')),
                half_year_number(day_of_number('last_day_no'))) }} as half_year_no
        from {{ stretches }}
    ) as by_half_year
{% endmacro %}


{# The last day of a half-year by its name. #}
{% macro last_day_of_half_year(name) -%}
    case
        when substr({{ name }}, 5) = 'H1' then {{ dbt.date('cast(substr(' ~ name ~ ', 1, 4) as integer)', 6, 30) }}
        else {{ dbt.date('cast(substr(' ~ name ~ ', 1, 4) as integer)', 12, 31) }}
    end
{%- endmacro %}
