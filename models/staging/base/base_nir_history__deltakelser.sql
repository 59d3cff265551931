-- Only what the registration lag needs: every delivery is read here. Two equal lines are one
-- key, so the contest for the key leaves one of them without comparing all fields.
with checked as (
    {{ checked_rows('nir', 'deltakelser', duplicates=false, every_delivery=true) }}
)

select
    delivered,
    deltakelse_id,
    ident,
    kommunenr,
    start_dato,
    slutt_dato,
    reason
from checked
