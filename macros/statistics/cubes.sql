{# Code of a total in every dimension of a cube but the region. #}
{% macro total_code() -%}
    'total'
{%- endmacro %}


{# Code of what a register does not tell: counts in totals, has no column of its own in public. #}
{% macro unknown_code() -%}
    'unknown'
{%- endmacro %}


{# The region code of the whole country. #}
{% macro country_code() -%}
    '0'
{%- endmacro %}


{#
    The municipality that a person's figures are told under; that of nobody for a protected address or
    a code that is not known. The model joins stat_base_municipalities as `known`.
#}
{% macro placed_municipality(code, is_address_protected) -%}
    case
        when {{ is_address_protected }} or known.municipality_code is null
            then {{ no_municipality() }}
        else {{ code }}
    end
{%- endmacro %}


{#
    Leaves rolled up to every region and to the totals of the dimensions. `leaves` is a relation or CTE with
    period, period_type, municipality_code (stat_base_municipalities or none), the dimensions and the
    columns of `sums` ({column: type}), all of which add up over municipalities and dimensions.
    `kept` are dimensions that have no total, since a person can stand under several of their codes.
#}
{% macro rolled_up(leaves, dimensions, sums, kept=[]) -%}
    select
        leaves.period,
        leaves.period_type,
        regions.region_set,
        regions.region_type,
        regions.region_code,
        {%- for dimension in kept %}
        leaves.{{ dimension }},
        {%- endfor %}
        {%- for dimension in dimensions %}
        coalesce(leaves.{{ dimension }}, {{ total_code() }}) as {{ dimension }},
        {%- endfor %}
        {%- for column, type in sums.items() %}
        cast(sum(leaves.{{ column }}) as {{ type }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ leaves }} as leaves
    inner join {{ ref('stat_base_regions') }} as regions
        on
            leaves.period = regions.period
            and leaves.municipality_code = regions.municipality_code
    group by
        leaves.period,
        leaves.period_type,
        regions.region_set,
        regions.region_type,
        regions.region_code
        {%- for dimension in kept %},
        leaves.{{ dimension }}
        {%- endfor %}
        {%- if dimensions %},
        cube ({%- for dimension in dimensions %}leaves.{{ dimension }}{{ ', ' if not loop.last }}{% endfor %})
        {%- endif %}
{%- endmacro %}


{#
    A cube in its long layout, one row for each cell and measure, from a wide CTE. `measures` is
    {measure: {value: SQL, persons: SQL of the persons it rests upon}}; a null value gives no row.
#}
{% macro long_cube(wide, dimensions, measures) -%}
    select *
    from (
        {%- for measure, rests in measures.items() %}
        {{ 'union all' if not loop.first }}
        select
            period,
            period_type,
            region_set,
            region_type,
            region_code,
            {%- for dimension in dimensions %}
            {{ dimension }},
            {%- endfor %}
            '{{ measure }}' as measure,
            cast({{ rests['value'] }} as decimal(18, 1)) as value,
            cast({{ rests['persons'] }} as bigint) as persons
        from {{ wide }}
        {%- endfor %}
    ) as long
    where value is not null
{%- endmacro %}


{# The total of a count over one dimension, beside each of its rows. #}
{% macro over_total(count, dimension, others) -%}
    max(case when {{ dimension }} = {{ total_code() }} then {{ count }} end) over (
        partition by period, region_set, region_type, region_code
        {%- for other in others %}, {{ other }}{% endfor %}
    )
{%- endmacro %}


{#
    A ratio of exact decimals, rounded half up to so many decimals in whole arithmetic; null where there is
    nothing to divide by. Neither may have more than seven decimals.
#}
{% macro rounded_ratio(part, whole, decimals=0) -%}
    {%- set part = wide_integer('10000000 * cast(' ~ part ~ ' as decimal(28, 7))') -%}
    {%- set whole = wide_integer('10000000 * cast(' ~ whole ~ ' as decimal(28, 7))') -%}
    case
        when {{ whole }} > 0
            then {{ whole_division(
                '(' ~ 2 * 10 ** decimals ~ ' * ' ~ part ~ ' + ' ~ whole ~ ')', '(2 * ' ~ whole ~ ')') }}
            {{- ' / ' ~ (10 ** decimals) ~ '.0' if decimals }}
    end
{%- endmacro %}
