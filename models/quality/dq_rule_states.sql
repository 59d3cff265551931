-- Would a release of the half-year be refused? A rule is judged over the half-year and what came
-- after: ongoing participations and today's state count in the half-year that is observed last.
-- Events with extended access are outside the limits.
with counts as (
    select
        rule_id,
        half_year,
        sum(case when is_extended_access then 0 else checked end) as checked,
        sum(case when is_extended_access then 0 else findings end) as findings,
        sum(not_applicable) as not_applicable
    from {{ ref('dq_counts') }}
    group by rule_id, half_year
),

half_years as (
    select
        periods.period as half_year,
        periods.last_day <= vintage.observed_until as is_over
    from {{ ref('int_time__periods') }} as periods
    inner join {{ ref('int_time__vintage') }} as vintage
        on periods.first_day <= vintage.observed_until
    where periods.period_type = 'half_year'
),

since as (
    select
        rules.rule_id,
        half_years.half_year,
        half_years.is_over
        and half_years.half_year = max(case when half_years.is_over then half_years.half_year end)
            over () as is_newest_over,
        rules.warn_percent,
        rules.stop_percent,
        cast(coalesce(sum(counts.checked), 0) as bigint) as checked,
        cast(coalesce(sum(counts.findings), 0) as bigint) as findings,
        cast(coalesce(sum(counts.not_applicable), 0) as bigint) as not_applicable
    from half_years
    cross join {{ ref('completeness_rules') }} as rules
    left join counts
        on
            rules.rule_id = counts.rule_id
            and half_years.half_year <= counts.half_year
    group by
        rules.rule_id,
        half_years.half_year,
        half_years.is_over,
        rules.warn_percent,
        rules.stop_percent
),

final as (
    select
        rule_id,
        half_year,
        is_newest_over,
        checked,
        findings,
        not_applicable,
        cast(findings as double) / nullif(checked, 0) as share,
        warn_percent,
        stop_percent,
        {{ rule_state('checked', 'findings', 'warn_percent', 'stop_percent') }} as state
    from since
)

select * from final
