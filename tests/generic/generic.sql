{# Data tests of our own; others are dbt's and those in packages/dbt_utils. #}

{# The total of a column is the same in another model, to the last decimal. #}
{% test same_total(model, column, to) %}
    select
        here.total as total_here,
        there.total as total_there
    from (select coalesce(sum({{ column }}), 0) as total from {{ model }}) as here
    cross join (select coalesce(sum({{ column }}), 0) as total from {{ to }}) as there
    where here.total <> there.total
{% endtest %}


{# A rule's share of findings, over the newest half-year that is over and what came after, is within its limits. #}
{% test within_limits(model, rule_id) %}
    select *
    from {{ model }}
    where rule_id = '{{ rule_id }}' and is_newest_over and state not in ('ok', 'not_applicable')
{% endtest %}
