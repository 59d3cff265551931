-- C08: the programme is full time over the half-year, by the law's hours.
with half_years as (
    select * from {{ ref('int_participation__full_time') }}
    where period_type = 'half_year'
),

final as (
    select
        'C08' as rule_id,
        'participation half-year' as unit_type,
        participations.participation_id || '/' || half_years.period as unit_id,
        participations.person_key,
        participations.participation_id,
        participations.municipality_code,
        participations.legal_regime,
        participations.is_address_protected,
        half_years.event_date,
        half_years.is_judged as is_applicable,
        half_years.required_hours is not null and not half_years.is_full_time as is_finding,
        {{ hours_text(
            '5 * half_years.planned_hours / nullif(half_years.programme_days, 0)') }}
        || ' av ' || {{ hours_text('half_years.required_hours') }} || ' timer per uke' as detail
    from half_years
    inner join {{ ref('int_participation__accepted') }} as participations
        on half_years.participation_no = participations.participation_no
)

select * from final
