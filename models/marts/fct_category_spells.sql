select
    spells.category_id,
    idents.person_key,
    spells.municipality_code,
    spells.category,
    coalesce(categories.is_intro, false) as is_intro,
    spells.from_date,
    coalesce(spells.to_date, date '9999-12-31') as to_date,
    spells.registered_date
from {{ ref('stg_nir__kategorier') }} as spells
inner join {{ ref('int_identity__idents') }} as idents on spells.ident = idents.ident
left join {{ ref('categories') }} as categories on spells.category = categories.category
