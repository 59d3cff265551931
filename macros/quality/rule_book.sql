{# A limit of a rule, as a value in SQL: a row of the seed rule_limits. check_rule_book() sees that it is there. #}
{% macro rule_limit(rule_id, limit_name) -%}
    (
        select limit_value from {{ ref('rule_limits') }}
        where rule_id = '{{ rule_id }}' and limit_name = '{{ limit_name }}'
    )
{%- endmacro %}


{# The traffic light of a rule: findings among the checked, in percent, against the limits of the rule. #}
{% macro rule_state(checked, findings, warn_percent, stop_percent) -%}
    case
        when {{ checked }} = 0 then 'not_applicable'
        when 100 * {{ findings }} > {{ stop_percent }} * {{ checked }} then 'stop'
        when 100 * {{ findings }} > {{ warn_percent }} * {{ checked }} then 'warning'
        else 'ok'
    end
{%- endmacro %}


{#
    The municipality that units without one are counted under, and those of persons with a protected
    address: so that municipalities show neither and the sum over all rows is the country.
    9999 is what Statistics Norway writes for an unknown municipality.
#}
{% macro no_municipality() -%}
    '9999'
{%- endmacro %}


{# Fields that a law can require or forbid: the extract's column and what it is called in our models. #}
{% macro law_field_columns() %}
    {{- return({
        'participation': {
            'sluttmal': 'final_goal', 'integreringskontrakt_dato': 'integration_contract_date',
        },
        'person': {'utdanningsbakgrunn': 'upper_secondary_word'},
    }) -}}
{% endmacro %}


{# A word as it came, for a finding's text; not what a number has become that stood in its place. #}
{% macro shown_word(word) -%}
    case when length({{ word }}) > 40 then '(for langt til å vises)' else {{ word }} end
{%- endmacro %}


{# Hours as Norwegian readers write them, 37,5. #}
{% macro hours_text(hours) -%}
    replace(cast(cast({{ hours }} as decimal(12, 1)) as {{ dbt.type_string() }}), '.', ',')
{%- endmacro %}
