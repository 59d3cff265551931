-- C06: a measure lies inside its participation. C07: a measure has hours, more than 0 and at most
-- the limit a week.
with measures as (
    select
        measures.measure_id,
        measures.measure_word,
        measures.from_date,
        measures.to_date,
        measures.hours_per_week,
        participations.person_key,
        participations.participation_id,
        participations.municipality_code,
        participations.legal_regime,
        participations.is_address_protected,
        participations.start_date,
        participations.end_date
    from {{ ref('stg_nir__tiltak') }} as measures
    inner join {{ ref('int_participation__accepted') }} as participations
        on measures.participation_id = participations.participation_id
),

final as (
    select
        'C06' as rule_id,
        'measure' as unit_type,
        measure_id as unit_id,
        person_key,
        participation_id,
        municipality_code,
        legal_regime,
        is_address_protected,
        from_date as event_date,
        true as is_applicable,
        from_date < start_date or coalesce(greatest(from_date, to_date) > end_date, false)
            as is_finding,
        measure_word || ' fra ' || {{ date_text('from_date') }}
        || coalesce(' til ' || {{ date_text('to_date') }}, '')
        || ', deltakelse fra ' || {{ date_text('start_date') }}
        || coalesce(' til ' || {{ date_text('end_date') }}, '') as detail
    from measures
    union all
    select
        'C07' as rule_id,
        'measure' as unit_type,
        measure_id as unit_id,
        person_key,
        participation_id,
        municipality_code,
        legal_regime,
        is_address_protected,
        from_date as event_date,
        true as is_applicable,
        not coalesce(
            hours_per_week > 0 and hours_per_week <= {{ rule_limit('C07', 'hours') }}, false
        ) as is_finding,
        measure_word || ' fra ' || {{ date_text('from_date') }} || ': '
        || coalesce(
            {{ hours_text('hours_per_week') }} || ' timer per uke',
            'mangler timer'
        ) as detail
    from measures
)

select * from final
