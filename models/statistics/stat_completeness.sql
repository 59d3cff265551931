-- A year is the sum of its half-years: what a rule checks in both counts in both.
with by_period as (
    select
        rule_id,
        {{ counted_place() }} as place_code,
        half_year as period,
        'half_year' as period_type,
        checked,
        findings
    from {{ ref('dq_counts') }}
    union all
    select
        rule_id,
        {{ counted_place() }} as place_code,
        substr(half_year, 1, 4) as period,
        'year' as period_type,
        checked,
        findings
    from {{ ref('dq_counts') }}
),

leaves as (
    select
        rule_id,
        period,
        period_type,
        place_code,
        sum(checked) as checked,
        sum(findings) as findings
    from by_period
    group by 1, 2, 3, 4
),

rolled as (
    {{ rolled_up(
        'leaves', [], {'checked': 'bigint', 'findings': 'bigint'}, kept=['rule_id']) }}
),

wide as (
    select * from rolled
    where checked > 0
),

final as (
    {{ long_cube('wide', ['rule_id'], {
        'checked': {'value': 'checked', 'persons': 'checked'},
        'findings': {'value': 'findings', 'persons': 'findings'},
        'percent': {'value': percent('findings', 'checked'), 'persons': 'checked'},
    }) }}
)

select * from final
