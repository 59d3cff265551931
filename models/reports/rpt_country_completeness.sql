-- The sum over all municipalities, 9999 with its protected addresses included.
with counts as (
    select
        rule_id,
        half_year,
        sum(checked) as checked,
        sum(findings) as findings,
        max(case when is_extended_access then 1 else 0 end) = 1 as is_extended_access
    from {{ ref('fct_completeness') }}
    group by rule_id, half_year
),

final as (
    select
        rule_id,
        half_year,
        cast(checked as bigint) as checked,
        cast(findings as bigint) as findings,
        cast(findings as double) / nullif(checked, 0) as share,
        is_extended_access
    from counts
)

select * from final
