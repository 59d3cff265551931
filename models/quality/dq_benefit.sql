-- C11: a full month of participation without leave has benefit, that month or the next.
-- C12: a month of benefit has a participation, that month or the month before.
-- C13: the benefit is not too large.
with benefit_months as (
    select
        *,
        person_key || '/' || substr(cast(month as {{ dbt.type_string() }}), 1, 7)
        || coalesce('/' || municipality_code, '') as unit_id,
        cast(cast(round(amount) as bigint) as {{ dbt.type_string() }}) || ' kroner i '
        || substr({{ date_text('month') }}, 4, 7) as paid_text
    from {{ ref('fct_benefit_reconciliation') }}
    where direction = 'benefit'
),

final as (
    select
        'C11' as rule_id,
        'participation month' as unit_type,
        participation_id || '/' || substr(cast(month as {{ dbt.type_string() }}), 1, 7) as unit_id,
        person_key,
        participation_id,
        municipality_code,
        legal_regime,
        is_address_protected,
        month as event_date,
        is_checked as is_applicable,
        not is_matched as is_finding,
        'Ingen stønad for ' || substr({{ date_text('month') }}, 4, 7) || ' eller måneden etter'
            as detail
    from {{ ref('fct_benefit_reconciliation') }}
    where direction = 'participation'
    union all
    select
        'C12' as rule_id,
        'benefit month' as unit_type,
        unit_id,
        person_key,
        participation_id,
        municipality_code,
        legal_regime,
        is_address_protected,
        month as event_date,
        is_checked as is_applicable,
        not is_matched as is_finding,
        paid_text as detail
    from benefit_months
    union all
    select
        'C13' as rule_id,
        'benefit month' as unit_type,
        unit_id,
        person_key,
        participation_id,
        municipality_code,
        legal_regime,
        is_address_protected,
        month as event_date,
        amount > 0 and is_over_limit is not null as is_applicable,
        coalesce(is_over_limit, false) as is_finding,
        paid_text || ', grense '
        || cast(cast(round(limit_amount) as bigint) as {{ dbt.type_string() }}) as detail
    from benefit_months
)

select * from final
