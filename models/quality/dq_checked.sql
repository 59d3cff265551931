-- Every unit that a rule could be asked of, in the half-year it counts in. A rule is asked where it
-- applies to the person's law and to the day; elsewhere the unit is not applicable, not right.
with units as (
    {%- for family in rule_families() %}
    {{ 'union all' if not loop.first }}
    select {{ unit_columns() | join(', ') }}
    from {{ ref(family) }}
    {%- endfor %}
),

-- A rule without laws is asked of everybody, also where the law is not known.
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
        {%- for column in unit_columns()[:9] %}
        units.{{ column }},
        {%- endfor %}
        {{ half_year_number('least(units.event_date, vintage.observed_until)') }} as half_year_no,
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
