with checked as (
    {{ checked_rows('nir', 'vedtak', duplicates=false, every_delivery=true) }}
)

select
    ident,
    kommunenr as municipality_code,
    vedtaksdato as decision_date,
    delivered
from checked
where reason is null
