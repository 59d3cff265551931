select
    coalesce(idents.person_key, lines.ident) as person_key,
    cast(extract(year from lines.income_month) as integer) as income_year,
    sum(lines.amount) as amount
from {{ ref('int_income__lines') }} as lines
left join {{ ref('int_identity__current_idents') }} as idents on lines.ident = idents.ident
where lines.kind = 'wage' and extract(month from lines.income_month) = 11
group by 1, 2
