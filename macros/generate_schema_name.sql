{# A layer's schema is the layer's name, not dbt's "main_" before it: from staging.stg_nir__tiltak. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
