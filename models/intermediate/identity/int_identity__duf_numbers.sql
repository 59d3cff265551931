select
    registrations.duf_number,
    min(idents.person_key) as person_key
from {{ ref('stg_nir__personer') }} as registrations
inner join {{ ref('int_identity__idents') }} as idents
    on registrations.ident = idents.ident
where registrations.duf_number is not null
group by registrations.duf_number
