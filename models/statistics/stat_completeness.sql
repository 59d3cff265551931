-- A year is the sum of its half-years: what a rule checks in both counts in both.
with by_period as (
    select
        rule_id,
        municipality_code,
        half_year as period,
        'half_year' as period_type,
        checked,
        findings
    from {{ ref('fct_completeness') }}
    union all
    select
        rule_id,
        municipality_code,
        substr(half_year, 1, 4) as period,
        'year' as period_type,
        checked,
        findings
    from {{ ref('fct_completeness') }}
),

leaves as (
    select
        by_period.rule_id,
        by_period.period,
        by_period.period_type,
        {{ placed_municipality('by_period.municipality_code', 'known.county_code', 'false') }}
            as municipality_code,
        sum(by_period.checked) as checked,
        sum(by_period.findings) as findings
    from by_period
    left join {{ ref('dim_municipality_period') }} as known
        on
            by_period.municipality_code = known.municipality_code
            and by_period.period = known.period
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
