select
    spells.residence_id,
    idents.person_key,
    spells.municipality_code,
    spells.from_date,
    coalesce(spells.to_date, date '9999-12-31') as to_date,
    other_places.place_code is null as is_in_municipality
from {{ ref('stg_folkeregister__bosatt') }} as spells
inner join {{ ref('int_identity__idents') }} as idents on spells.ident = idents.ident
left join {{ ref('other_places') }} as other_places
    on spells.municipality_code = other_places.place_code
