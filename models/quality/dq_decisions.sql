-- C02: who is in an intro category has a decision.
-- C14: a participation has a decision that awards it, dated by some months after its start.
with linked as (
    select
        participations.*,
        decisions.decision_id as known_decision_id,
        decisions.decision_type,
        decisions.decision_date,
        coalesce(decisions.person_key <> participations.person_key, false)
            as is_of_another_person,
        {{ add_to_date('participations.start_date', rule_limit('C14', 'months'), 'month') }}
            as due_date
    from {{ ref('int_participation__accepted') }} as participations
    left join {{ ref('fct_decisions') }} as decisions
        on participations.decision_id = decisions.decision_id
    where participations.has_begun
),

final as (
    select
        'C02' as rule_id,
        'category' as unit_type,
        category_id as unit_id,
        person_key,
        cast(null as {{ dbt.type_string() }}) as participation_id,
        municipality_code,
        legal_regime,
        is_address_protected,
        observed_until as event_date,
        true as is_applicable,
        not has_decision as is_finding,
        'Kategori ' || category || ' fra ' || {{ date_text('category_from') }} as detail
    from {{ ref('fct_entitled_persons') }}
    union all
    select
        'C14' as rule_id,
        'participation' as unit_type,
        participation_id as unit_id,
        person_key,
        participation_id,
        municipality_code,
        legal_regime,
        is_address_protected,
        start_date as event_date,
        true as is_applicable,
        is_of_another_person
        or not coalesce(decision_type = 'tildeling' and decision_date <= due_date, false)
            as is_finding,
        case
            when decision_id is null then 'Ikke knyttet til noe vedtak'
            when known_decision_id is null then 'Viser til et vedtak som ikke finnes'
            when is_of_another_person then 'Viser til et vedtak om en annen person'
            when decision_type <> 'tildeling'
                then 'Viser til et vedtak av typen ' || decision_type
            else
                'Vedtak datert ' || {{ date_text('decision_date') }}
                || ', start ' || {{ date_text('start_date') }}
        end as detail
    from linked
)

select * from final
