-- C08: the programme is full time over the half-year, by the law's hours.
with half_years as (
    select
        periods.*,
        participations.municipality_code as registered_municipality_code,
        participations.legal_regime,
        coalesce(persons.is_address_protected, false) as is_address_protected
    from {{ ref('fct_participation_periods') }} as periods
    inner join {{ ref('fct_participation') }} as participations
        on periods.participation_id = participations.participation_id
    inner join {{ ref('dim_person') }} as persons on periods.person_key = persons.person_key
    where
        periods.period_type = 'half_year'
        and periods.programme_days + periods.leave_days > 0
),

final as (
    select
        'C08' as rule_id,
        'participation half-year' as unit_type,
        participation_id || '/' || period as unit_id,
        person_key,
        participation_id,
        registered_municipality_code as municipality_code,
        legal_regime,
        is_address_protected,
        last_day_in_period as event_date,
        is_full_time is not null as is_applicable,
        coalesce(not has_required_hours, false) as is_finding,
        {{ hours_text('hours_per_week') }}
        || ' av ' || {{ hours_text('required_hours') }} || ' timer per uke' as detail
    from half_years
)

select * from final
