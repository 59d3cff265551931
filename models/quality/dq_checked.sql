-- Every unit that a rule may apply to, in the half-year it counts in. A rule is checked where it
-- applies to the person's law and to the day; elsewhere the unit is not applicable, and never
-- counted as right.
{%- set families = [
    'dq_benefit',
    'dq_codes',
    'dq_dates',
    'dq_deaths',
    'dq_decisions',
    'dq_durations',
    'dq_endings',
    'dq_full_time',
    'dq_idents',
    'dq_kostra_forms',
    'dq_kostra_share',
    'dq_law_fields',
    'dq_measure_gaps',
    'dq_measures',
    'dq_municipality_codes',
    'dq_organisation_numbers',
    'dq_overlaps',
    'dq_registration',
    'dq_required_content',
    'dq_running_measures',
] %}
with units as (
    {%- for family in families %}
    {{ 'union all' if not loop.first }}
    select
        rule_id,
        unit_type,
        unit_id,
        person_key,
        participation_id,
        municipality_code,
        legal_regime,
        is_address_protected,
        event_date,
        is_applicable,
        is_finding,
        detail
    from {{ ref(family) }}
    {%- endfor %}
),

-- A rule without laws applies to all persons, also where the law is not known.
laws_of_rules as (
    select
        rules.rule_id,
        laws.legal_regime
    from {{ ref('completeness_rules') }} as rules
    inner join {{ ref('legal_regimes') }} as laws
        on '|' || rules.applies_to_laws || '|' like '%|' || laws.legal_regime || '|%'
    group by rules.rule_id, laws.legal_regime
),

final as (
    select
        units.rule_id,
        units.unit_type,
        units.unit_id,
        units.person_key,
        units.participation_id,
        units.municipality_code,
        units.legal_regime,
        units.is_address_protected,
        units.event_date,
        {{ half_year_of('least(units.event_date, vintage.observed_until)') }} as half_year,
        units.is_applicable
        and coalesce(units.event_date >= rules.valid_from, true)
        and coalesce(units.event_date < rules.valid_to, true)
        and (rules.applies_to_laws is null or laws_of_rules.rule_id is not null) as is_checked,
        units.is_finding,
        coalesce(units.event_date between access.event_from and access.event_to, false)
            as is_extended_access,
        units.detail,
        vintage.observed_until as found_date
    from units
    inner join {{ ref('completeness_rules') }} as rules on units.rule_id = rules.rule_id
    left join laws_of_rules
        on
            units.rule_id = laws_of_rules.rule_id
            and units.legal_regime = laws_of_rules.legal_regime
    left join {{ ref('extended_access') }} as access
        on
            units.rule_id = access.rule_id
            and units.event_date between access.event_from and access.event_to
    cross join {{ ref('int_time__vintage') }} as vintage
)

select * from final
