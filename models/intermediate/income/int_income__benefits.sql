select
    idents.person_key,
    lines.unit_id,
    lines.income_month,
    lines.amount
from {{ ref('int_income__lines') }} as lines
inner join {{ ref('int_identity__idents') }} as idents on lines.ident = idents.ident
where lines.kind = 'benefit'
