{# Completed years from one date to another. #}
{% macro completed_years(from, until) -%}
    (
        extract(year from {{ until }}) - extract(year from {{ from }})
        - case when {{ day_in_year(until) }} < {{ day_in_year(from) }} then 1 else 0 end
    )
{%- endmacro %}


{# A day's place among a year's, as a number that grows with it: month and day. #}
{% macro day_in_year(day) -%}
    100 * extract(month from {{ day }}) + extract(day from {{ day }})
{%- endmacro %}


{# Join that gives the band of a person's age on a day, as `age_bands.age_band`; null under 18 or unknown. #}
{% macro join_age_band(birth_date, day) -%}
    left join {{ ref('age_bands') }} as age_bands
        on {{ completed_years(birth_date, day) }} between age_bands.from_age and age_bands.to_age
{%- endmacro %}
