{#
    How days and hours make hours per week: a week has five programme days (docs/definitions.md). Nowhere else.
#}

{# Planned hours of some programme days with a measure of so many hours per week. #}
{% macro planned_hours(hours_per_week, programme_days) -%}
    {{ hours_per_week }} * {{ programme_days }} * 0.2
{%- endmacro %}


{# Planned hours × 5 days: hours per week × programme days, for comparing and rounding without a fraction. #}
{% macro five_times_hours(planned_hours) -%}
    5 * {{ planned_hours }}
{%- endmacro %}


{# Planned hours per week, for some programme days and their planned hours; null where there is no day. #}
{% macro hours_per_week(planned_hours, programme_days) -%}
    cast({{ five_times_hours(planned_hours) }} as double) / nullif({{ programme_days }}, 0)
{%- endmacro %}


{# Programme days as weeks of five. #}
{% macro programme_weeks(programme_days) -%}
    cast({{ programme_days }} as double) / 5
{%- endmacro %}
