-- dim_week counts weeks with arithmetic of its own; the engine's ISO calendar must agree.
select *
from {{ ref('dim_week') }}
where
    iso_week <> extract(week from week_start)
    or iso_year <> extract(isoyear from week_start)
    or extract(isodow from week_start) <> 1
