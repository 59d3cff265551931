select
    coalesce(idents.person_key, lines.ident) as person_key,
    lines.unit_id,
    lines.income_month,
    lines.amount
from {{ ref('int_income__lines') }} as lines
left join {{ ref('int_identity__current_idents') }} as idents on lines.ident = idents.ident
where lines.kind = 'benefit'
