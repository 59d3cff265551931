select
    checked.rule_id,
    checked.unit_type,
    checked.unit_id,
    checked.person_key,
    checked.participation_id,
    checked.municipality_code,
    {{ current_code() }} as current_municipality_code,
    checked.legal_regime,
    checked.is_address_protected,
    checked.event_date,
    checked.half_year,
    checked.is_extended_access,
    checked.found_date,
    checked.detail
from {{ ref('dq_checked') }} as checked
{{ join_successor('checked.municipality_code', 'checked.found_date') }}
where checked.is_checked and checked.is_finding
