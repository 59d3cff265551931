select
    {{ current_code() }}
        as current_municipality_code,
    reconciliation.reporting_year,
    reconciliation.comparison_group,
    cast(sum(reconciliation.in_kostra) as bigint) as in_kostra,
    cast(sum(reconciliation.in_nir) as bigint) as in_nir,
    cast(sum(reconciliation.in_both) as bigint) as in_both,
    cast(sum(reconciliation.only_in_kostra) as bigint) as only_in_kostra,
    cast(sum(reconciliation.only_in_nir) as bigint) as only_in_nir,
    cast(sum(reconciliation.in_nir) as double) / nullif(sum(reconciliation.in_kostra), 0)
        as nir_share
from {{ ref('fct_kostra_reconciliation') }} as reconciliation
cross join {{ ref('dim_vintage') }} as vintage
{{ join_successor('reconciliation.municipality_code', 'vintage.observed_until') }}
group by
    {{ current_code() }},
    reconciliation.reporting_year,
    reconciliation.comparison_group
