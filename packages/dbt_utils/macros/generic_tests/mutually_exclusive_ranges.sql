{#
    The ranges of a partition do not overlap, and none ends before it begins or has a bound that is null.

    partition_by: a column or several with commas between; none: all rows are one partition.
    gaps: whether the upper bound is the next lower bound (not_allowed), may be (allowed) or lies below it (required).
    zero_length_range_allowed: whether a range may end where it begins.
#}
{% test mutually_exclusive_ranges(
    model, lower_bound_column, upper_bound_column, partition_by=none, gaps='allowed',
    zero_length_range_allowed=false
) %}
    {%- set comparison_with_next = {'not_allowed': '=', 'allowed': '<=', 'required': '<'} -%}
    {%- if gaps not in comparison_with_next -%}
        {{ exceptions.raise_compiler_error(
            "mutually_exclusive_ranges: gaps is '" ~ gaps ~ "', expected one of: "
            ~ comparison_with_next | join(', ')
        ) }}
    {%- endif -%}
    {%- set comparison_of_bounds = '<=' if zero_length_range_allowed else '<' %}
    with ranges as (
        select
            {%- if partition_by %}
            {{ partition_by }},
            {%- endif %}
            {{ lower_bound_column }} as lower_bound,
            {{ upper_bound_column }} as upper_bound,
            lead({{ lower_bound_column }}) over (
                {%- if partition_by %}
                partition by {{ partition_by }}
                {%- endif %}
                order by {{ lower_bound_column }}, {{ upper_bound_column }}
            ) as next_lower_bound
        from {{ model }}
    )

    select *
    from ranges
    where
        not coalesce(lower_bound {{ comparison_of_bounds }} upper_bound, false)
        -- The last range of a partition has no next one, and null passes.
        or not (upper_bound {{ comparison_with_next[gaps] }} next_lower_bound)
{% endtest %}
