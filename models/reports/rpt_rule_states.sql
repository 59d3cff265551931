-- The traffic light: each municipality against the limits for the whole country, over
-- the half-year that ended last and what came after. 9999 is no municipality.
with since as (
    select
        completeness.rule_id,
        completeness.current_municipality_code,
        min(newest.half_year) as half_year,
        cast(sum(completeness.checked) as bigint) as checked,
        cast(sum(completeness.findings) as bigint) as findings
    from {{ ref('rpt_completeness') }} as completeness
    inner join {{ ref('dq_rule_states') }} as newest
        on
            completeness.rule_id = newest.rule_id
            and completeness.half_year >= newest.half_year
    where
        newest.is_newest_over
        and not completeness.is_extended_access
        and completeness.current_municipality_code <> {{ no_municipality() }}
    group by completeness.rule_id, completeness.current_municipality_code
),

final as (
    select
        since.rule_id,
        since.current_municipality_code,
        since.half_year,
        since.checked,
        since.findings,
        cast(since.findings as double) / nullif(since.checked, 0) as share,
        rules.warn_percent,
        rules.stop_percent,
        {{ rule_state(
            'since.checked', 'since.findings', 'rules.warn_percent', 'rules.stop_percent') }}
            as state
    from since
    inner join {{ ref('completeness_rules') }} as rules on since.rule_id = rules.rule_id
)

select * from final
