select
    idents.person_key,
    cast(extract(year from lines.income_month) as integer) as income_year,
    sum(lines.amount) as amount
from {{ ref('int_income__lines') }} as lines
inner join {{ ref('int_identity__idents') }} as idents on lines.ident = idents.ident
where lines.kind = 'wage' and extract(month from lines.income_month) = 11
group by 1, 2
