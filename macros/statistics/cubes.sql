{# Code of a total in every dimension of a cube but the region. #}
{% macro total_code() -%}
    'total'
{%- endmacro %}


{# Code of what is not registered: counts in totals, has no column of its own in public. #}
{% macro unknown_code() -%}
    'unknown'
{%- endmacro %}


{# The region code of the whole country. #}
{% macro country_code() -%}
    '0'
{%- endmacro %}


{# The place of persons with a protected address: they count in the country alone. #}
{% macro protected_place() -%}
    'protected'
{%- endmacro %}


{# The place that a person's figures count in, a place_code of stat_base_regions. #}
{% macro counted_place(code='place_code', is_address_protected='is_address_protected') -%}
    case
        when {{ is_address_protected }} then {{ protected_place() }}
        else coalesce({{ code }}, {{ no_municipality() }})
    end
{%- endmacro %}


{#
    Whether a figure may be shown by the persons behind it: none, or at least the policy's min_persons (a var of the
    release; without it no figure with persons behind it is shown).
#}
{% macro enough_persons(persons) -%}
    (coalesce({{ persons }}, 0) = 0 or coalesce({{ persons }} >= {{ var('min_persons') or 'null' }}, false))
{%- endmacro %}


{#
    Leaves rolled up to every region and to the totals of the dimensions. `leaves` is a relation or CTE with
    period, period_type, place_code (of stat_base_regions), the dimensions and the columns of `sums`
    ({column: type}), all of which add up over places and dimensions.
    `kept` are dimensions that have no total, since a person can have several of their codes.
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
            and leaves.place_code = regions.place_code
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
    The steps of a cube of counts after its CTE `leaves`, which has a row for each period, period_type,
    place_code and codes of the dimensions, with the count. With `percent_over` the cube has percent
    too, of the total of that dimension; `region_types` are the regions that are kept.
#}
{% macro counted_cube(
    count, dimensions, kept=[], percent_over=none, decimals=0,
    region_types=['country', 'county', 'municipality']
) -%}
{%- set codes = kept + dimensions -%}
{%- set measures = {count: {'value': count, 'persons': count}} -%}
{%- if percent_over -%}
    {%- do measures.update({'percent': {'value': percent(count, 'everybody', decimals), 'persons': count}}) -%}
{%- endif -%}
rolled as (
    {{ rolled_up('leaves', dimensions, {count: 'bigint'}, kept) }}
),

wide as (
    select
        *
        {%- if percent_over %},
        {{ over_total(count, percent_over, codes | reject('equalto', percent_over) | list) }}
            as everybody
        {%- endif %}
    from rolled
    where region_type in ('{{ region_types | join("', '") }}')
),

final as (
    {{ long_cube('wide', codes, measures) }}
)
{%- endmacro %}


{#
    The main figures by sex, each from the cube that defines it: the rows of the models named `prefix` and the
    cube. `columns` are taken along beside measure and value.
#}
{% macro main_figures(prefix, columns) -%}
    {%- set total = " = " ~ total_code() -%}
    {%- for cube, where, named in [
        ('participants', "age_band" ~ total ~ " and measure = 'participants'", none),
        ('hours', none, none),
        ('direct_result_2', "result_group" ~ total ~ " and measure = 'exits'", none),
        ('direct_result_2', "result_group = 'arbutd' and measure = 'percent'", 'direct_result_percent'),
        ('benefit', "age_band" ~ total, none),
        (
            'status',
            "years_after = '1' and status_group" ~ total ~ " and measure = 'former_participants'",
            none,
        ),
        ('status', "years_after = '1' and status_group = '1' and measure = 'percent'", 'status_percent'),
    ] %}
    {{ 'union all' if not loop.first }}
    select
        {{ columns | join(',\n        ') }},
        {{ "'" ~ named ~ "' as measure" if named else 'measure' }},
        value
    from {{ ref(prefix ~ cube) }}
    where
        region_set = 'at_the_time' and region_type = 'country'
        {{ 'and ' ~ where if where }}
    {%- endfor %}
{%- endmacro %}
