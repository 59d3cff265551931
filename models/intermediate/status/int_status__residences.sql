select
    spells.residence_id,
    coalesce(idents.person_key, spells.ident) as person_key,
    spells.municipality_code,
    spells.from_date,
    coalesce(spells.to_date, date '9999-12-31') as to_date
from {{ ref('stg_folkeregister__bosatt') }} as spells
left join {{ ref('int_identity__current_idents') }} as idents on spells.ident = idents.ident
