with checked as (
    {{ checked_rows('nir_history', 'vedtak', duplicates=false, contract='nir') }}
)

select
    ident,
    kommunenr as municipality_code,
    vedtaksdato as decision_date,
    delivered
from checked
where reason is null
