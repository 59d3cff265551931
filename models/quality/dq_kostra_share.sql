-- C23: NIR has enough of the persons that the municipality reported to KOSTRA, in percent.
select
    'C23' as rule_id,
    reconciliation.comparison_group as unit_type,
    reconciliation.municipality_code
    || '/' || cast(reconciliation.reporting_year as {{ dbt.type_string() }})
        as unit_id,
    cast(null as {{ dbt.type_string() }}) as person_key,
    cast(null as {{ dbt.type_string() }}) as participation_id,
    reconciliation.municipality_code,
    cast(null as {{ dbt.type_string() }}) as legal_regime,
    false as is_address_protected,
    {{ dbt.date('reconciliation.reporting_year', 12, 31) }} as event_date,
    reconciliation.in_kostra > 0 as is_applicable,
    100 * reconciliation.in_nir
    < {{ rule_limit('C23', 'percent') }} * reconciliation.in_kostra as is_finding,
    groups.label_nb || ': '
    || cast(reconciliation.in_nir as {{ dbt.type_string() }}) || ' i NIR mot '
    || cast(reconciliation.in_kostra as {{ dbt.type_string() }}) || ' i KOSTRA' as detail
from {{ ref('fct_kostra_reconciliation') }} as reconciliation
inner join {{ ref('comparison_groups') }} as groups
    on reconciliation.comparison_group = groups.comparison_group
where reconciliation.municipality_code <> {{ no_municipality() }}
