with newest as (
    select min(half_year) as half_year
    from {{ ref('dq_rule_states') }}
    where is_newest_over
),

-- The participation that ends last, where it was registered, by the code of today.
participants as (
    select
        {{ current_code() }}
            as current_municipality_code,
        count(*) as participant_count
    from {{ ref('fct_participant_periods') }} as persons
    inner join newest on persons.period = newest.half_year
    inner join {{ ref('fct_participation') }} as participations
        on persons.participation_id = participations.participation_id
    cross join {{ ref('dim_vintage') }} as vintage
    {{ join_successor('participations.municipality_code', 'vintage.observed_until') }}
    where not persons.is_address_protected
    group by {{ current_code() }}
),

states as (
    select
        states.current_municipality_code,
        min(states.half_year) as half_year,
        sum(case when states.state = 'stop' then 1 else 0 end) as stop_count,
        sum(case when states.state = 'warning' then 1 else 0 end) as warning_count,
        sum(case when states.state <> 'not_applicable' then 1 else 0 end) as rule_count,
        sum(states.findings) as findings
    from {{ ref('rpt_rule_states') }} as states
    inner join {{ ref('completeness_rules') }} as rules on states.rule_id = rules.rule_id
    where rules.owner = 'kommune'
    group by states.current_municipality_code
),

joined as (
    select
        states.current_municipality_code,
        states.half_year,
        cast(coalesce(participants.participant_count, 0) as bigint) as participant_count,
        cast(states.stop_count as integer) as stop_count,
        cast(states.warning_count as integer) as warning_count,
        cast(states.rule_count as integer) as rule_count,
        cast(states.findings as bigint) as findings,
        cast(states.findings as double) / nullif(participants.participant_count, 0)
            as findings_per_participant,
        coalesce(participants.participant_count, 0) >= (
            select limits.limit_value from {{ ref('report_limits') }} as limits
            where limits.limit_name = 'least_ranked_participants'
        ) as is_ranked
    from states
    left join participants
        on states.current_municipality_code = participants.current_municipality_code
),

final as (
    select
        current_municipality_code,
        half_year,
        participant_count,
        stop_count,
        warning_count,
        rule_count,
        findings,
        findings_per_participant,
        case
            when is_ranked
                then cast(rank() over (
                    partition by is_ranked
                    order by
                        stop_count desc,
                        warning_count desc,
                        findings_per_participant desc
                ) as integer)
        end as rank
    from joined
)

select * from final
