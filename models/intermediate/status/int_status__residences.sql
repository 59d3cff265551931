select
    spells.residence_id,
    idents.person_key,
    spells.municipality_code,
    spells.from_date,
    coalesce(spells.to_date, date '9999-12-31') as to_date
from {{ ref('stg_folkeregister__bosatt') }} as spells
inner join {{ ref('int_identity__idents') }} as idents on spells.ident = idents.ident
