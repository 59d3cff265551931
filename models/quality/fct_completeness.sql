-- The index of every rule, municipality and half-year first, so that "nothing was checked" is said
-- and not left out.
with counts as (
    select
        rule_id,
        municipality_code,
        half_year,
        sum(checked) as checked,
        sum(findings) as findings,
        sum(not_applicable) as not_applicable,
        max(case when is_extended_access then 1 else 0 end) = 1 as is_extended_access
    from {{ ref('dq_counts') }}
    group by rule_id, municipality_code, half_year
),

places as (
    select
        period_municipality_code as municipality_code,
        period as half_year
    from {{ ref('int_participation__periods') }}
    where period_type = 'half_year'
    group by period_municipality_code, period
    union
    select
        municipality_code,
        half_year
    from counts
),

final as (
    select
        rules.rule_id,
        places.municipality_code,
        places.half_year,
        cast(coalesce(counts.checked, 0) as bigint) as checked,
        cast(coalesce(counts.findings, 0) as bigint) as findings,
        cast(counts.findings as double) / nullif(counts.checked, 0) as share,
        cast(coalesce(counts.not_applicable, 0) as bigint) as not_applicable,
        coalesce(counts.checked, 0) = 0 as is_not_applicable,
        coalesce(counts.is_extended_access, false) as is_extended_access
    from places
    cross join {{ ref('completeness_rules') }} as rules
    left join counts
        on
            rules.rule_id = counts.rule_id
            and places.municipality_code = counts.municipality_code
            and places.half_year = counts.half_year
)

select * from final
