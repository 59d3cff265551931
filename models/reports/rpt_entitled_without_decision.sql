-- The register's report "Personer med kategori uten vedtak om intro".
select
    entitled.municipality_code,
    {{ current_code() }} as current_municipality_code,
    entitled.person_key,
    entitled.category,
    entitled.category_from,
    entitled.days_in_category
from {{ ref('fct_entitled_persons') }} as entitled
{{ join_successor('entitled.municipality_code', 'entitled.observed_until') }}
where not entitled.has_decision and not entitled.is_address_protected
