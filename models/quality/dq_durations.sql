-- C10: a participation does not outlast the law's longest duration; days on leave, weekends
-- included, come on top, and the law's addition where there is a decision on it.
with participations as (
    select
        participations.*,
        persons.has_upper_secondary
    from {{ ref('int_participation__accepted') }} as participations
    inner join {{ ref('int_person__persons') }} as persons
        on participations.person_key = persons.person_key
    where participations.has_begun
),

leave_spells as (
    select
        participation_no,
        first_day_no,
        last_day_no,
        max(last_day_no) over (
            partition by participation_no
            order by first_day_no, last_day_no
            rows between unbounded preceding and 1 preceding
        ) as covered_until
    from {{ ref('int_participation__leave') }}
),

leave as (
    select
        participation_no,
        sum(greatest(
            last_day_no - greatest(first_day_no, coalesce(covered_until + 1, first_day_no)) + 1,
            0
        )) as leave_days
    from leave_spells
    group by participation_no
),

extended as (
    select participations.participation_no
    from participations
    inner join {{ ref('fct_decisions') }} as decisions
        on
            participations.person_key = decisions.person_key
            and (
                decisions.decision_date
                between participations.start_date and participations.last_day
                or decisions.from_date
                between participations.start_date and participations.last_day
            )
    where decisions.decision_type = 'forlengelse'
    group by participations.participation_no
),

longest as (
    select
        participations.participation_no,
        laws.months,
        laws.extension_months
    from participations
    inner join {{ ref('law_durations') }} as laws
        on
            participations.legal_regime = laws.legal_regime
            and (
                laws.has_upper_secondary is null
                or participations.has_upper_secondary = laws.has_upper_secondary
            )
            and (laws.final_goal is null or participations.final_goal = laws.final_goal)
            and participations.start_date >= coalesce(laws.valid_from, date '0001-01-01')
            and participations.start_date < coalesce(laws.valid_to, date '9999-12-31')
    qualify row_number() over (
        partition by participations.participation_no
        order by laws.priority
    ) = 1
),

allowed as (
    select
        participations.*,
        longest.participation_no is not null as has_limit,
        longest.months
        + case when extended.participation_no is null then 0 else longest.extension_months end
            as months,
        cast(coalesce(leave.leave_days, 0) as integer) as leave_days
    from participations
    left join longest on participations.participation_no = longest.participation_no
    left join extended on participations.participation_no = extended.participation_no
    left join leave on participations.participation_no = leave.participation_no
),

dated as (
    select
        *,
        {{ add_to_date(add_to_date('start_date', 'months', 'month'), 'leave_days - 1', 'day') }}
            as allowed_until
    from allowed
),

final as (
    select
        'C10' as rule_id,
        'participation' as unit_type,
        participation_id as unit_id,
        person_key,
        participation_id,
        municipality_code,
        legal_regime,
        is_address_protected,
        last_day as event_date,
        has_limit as is_applicable,
        coalesce(last_day > allowed_until, false) as is_finding,
        'Lengste tid (' || cast(months as {{ dbt.type_string() }}) || ' måneder og '
        || cast(leave_days as {{ dbt.type_string() }}) || ' dager permisjon) gikk ut '
        || {{ date_text('allowed_until') }} as detail
    from dated
)

select * from final
