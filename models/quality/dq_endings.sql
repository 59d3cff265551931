-- C03: an ended participation has a registered reason. C20: it was not ended by the system.
with ended as (
    select * from {{ ref('int_participation__accepted') }}
    where has_begun and end_date is not null
),

final as (
    select
        'C03' as rule_id,
        'participation' as unit_type,
        participation_id as unit_id,
        person_key,
        participation_id,
        municipality_code,
        legal_regime,
        is_address_protected,
        end_date as event_date,
        true as is_applicable,
        termination_reason = 'ikke_registrert' as is_finding,
        'Avsluttet ' || {{ date_text('end_date') }} || ' uten årsak' as detail
    from ended
    union all
    select
        'C20' as rule_id,
        'participation' as unit_type,
        participation_id as unit_id,
        person_key,
        participation_id,
        municipality_code,
        legal_regime,
        is_address_protected,
        end_date as event_date,
        true as is_applicable,
        coalesce(termination_source = 'system', false) as is_finding,
        'Avsluttet av systemet ' || {{ date_text('end_date') }} || ', årsak '
        || termination_reason as detail
    from ended
)

select * from final
