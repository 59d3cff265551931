-- Persons go by number: a text for every line is several times as much to keep.
select
    idents.person_no,
    case when idents.person_no is null then coalesce(idents.person_key, lines.ident) end
        as unknown_person_key,
    lines.unit_id,
    lines.income_month,
    lines.amount
from {{ ref('int_income__lines') }} as lines
left join {{ ref('int_person__idents') }} as idents on lines.ident = idents.ident
where lines.kind = 'benefit'
