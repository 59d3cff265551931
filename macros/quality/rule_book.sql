{#
    A limit of a rule, as a value in SQL. The limits are rows of the seed rule_limits; which ones a rule
    has is said here, once, because the models ask for them by name.
#}
{% macro limits_of_rules() %}
    {{- return({
        'C01': ['months'],
    }) -}}
{% endmacro %}


{% macro rule_limit(rule_id, limit_name) -%}
    {%- if limit_name not in limits_of_rules().get(rule_id, []) -%}
        {%- do exceptions.raise_compiler_error(
            "Rule " ~ rule_id ~ " has no limit '" ~ limit_name ~ "'; limits_of_rules() lists them.") -%}
    {%- endif -%}
    (
        select limit_value from {{ ref('rule_limits') }}
        where rule_id = '{{ rule_id }}' and limit_name = '{{ limit_name }}'
    )
{%- endmacro %}
