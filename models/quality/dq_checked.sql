-- Every unit that a rule could be asked of, in the half-year it counts in. A rule is asked where it
-- applies to the person's law and to the day; elsewhere the unit is not applicable, not right.
with units as (
    {%- for family in rule_families() %}
    {{ 'union all' if not loop.first }}
    select {{ unit_columns() | join(', ') }}
    from {{ ref(family) }}
    {%- endfor %}
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
        and (
            rules.applies_to_laws is null
            or coalesce(
                '|' || rules.applies_to_laws || '|' like '%|' || units.legal_regime || '|%', false
            )
        ) as is_checked,
        units.is_finding,
        coalesce(units.event_date between access.event_from and access.event_to, false)
            as is_extended_access,
        units.detail,
        vintage.observed_until as found_date
    from units
    inner join {{ ref('completeness_rules') }} as rules on units.rule_id = rules.rule_id
    left join {{ ref('extended_access') }} as access
        on
            units.rule_id = access.rule_id
            and units.event_date between access.event_from and access.event_to
    cross join {{ ref('int_time__vintage') }} as vintage
)

select * from final
