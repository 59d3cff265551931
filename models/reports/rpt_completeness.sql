-- Half-years in the code of today: the figures of municipalities that have merged since are added.
with counts as (
    select
        completeness.rule_id,
        {{ current_code() }}
            as current_municipality_code,
        completeness.half_year,
        sum(completeness.checked) as checked,
        sum(completeness.findings) as findings,
        sum(completeness.not_applicable) as not_applicable,
        max(case when completeness.is_extended_access then 1 else 0 end) = 1 as is_extended_access
    from {{ ref('fct_completeness') }} as completeness
    cross join {{ ref('dim_vintage') }} as vintage
    {{ join_successor('completeness.municipality_code', 'vintage.observed_until') }}
    group by
        completeness.rule_id,
        {{ current_code() }},
        completeness.half_year
),

final as (
    select
        rule_id,
        current_municipality_code,
        half_year,
        cast(checked as bigint) as checked,
        cast(findings as bigint) as findings,
        cast(not_applicable as bigint) as not_applicable,
        cast(findings as double) / nullif(checked, 0) as share,
        is_extended_access
    from counts
)

select * from final
