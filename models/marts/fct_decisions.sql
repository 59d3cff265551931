select
    decisions.decision_id,
    idents.person_key,
    decisions.municipality_code,
    decisions.decision_type,
    decisions.decision_date,
    decisions.from_date,
    decisions.to_date,
    decisions.registered_date
from {{ ref('stg_nir__vedtak') }} as decisions
inner join {{ ref('int_identity__idents') }} as idents on decisions.ident = idents.ident
