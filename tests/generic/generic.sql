{# Data tests of our own. Each is proved to fail by tests/python/test_generic_tests.py. #}

{# No two rows share the columns' values and none of the columns is null. #}
{% test unique_and_filled(model, columns) %}
    select
        {{ columns | join(', ') }},
        count(*) as row_count
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
        {%- for column in columns %}
        or {{ column }} is null
        {%- endfor %}
{% endtest %}


{# A condition holds for every row; a condition that is null does not hold. #}
{% test always(model, condition) %}
    select *
    from {{ model }}
    where not coalesce({{ condition }}, false)
{% endtest %}


{# Values of a column stand in another model's column; null stands nowhere and is let through. #}
{% test stands_in(model, column, to, field) %}
    select model.{{ column }}
    from {{ model }} as model
    left join {{ to }} as other on model.{{ column }} = other.{{ field }}
    where model.{{ column }} is not null and other.{{ field }} is null
{% endtest %}


{# The total of a column is the same in another model, to the last decimal. #}
{% test same_total(model, column, to) %}
    select
        here.total as total_here,
        there.total as total_there
    from (select coalesce(sum({{ column }}), 0) as total from {{ model }}) as here
    cross join (select coalesce(sum({{ column }}), 0) as total from {{ to }}) as there
    where here.total <> there.total
{% endtest %}


{# Stretches of the same keys share no day. #}
{% test no_shared_day(model, keys, first, last) %}
    select *
    from (
        select
            {{ keys | join(', ') }},
            {{ first }},
            max({{ last }}) over (
                partition by {{ keys | join(', ') }}
                order by {{ first }}, {{ last }}
                rows between unbounded preceding and 1 preceding
            ) as last_before
        from {{ model }}
    ) as in_order
    where {{ first }} <= last_before
{% endtest %}


{# A rule's share of findings, over the newest half-year that is over and what came after, is within its limits. #}
{% test within_limits(model, rule_id) %}
    select *
    from {{ model }}
    where rule_id = '{{ rule_id }}' and is_newest_over and state not in ('ok', 'not_applicable')
{% endtest %}
