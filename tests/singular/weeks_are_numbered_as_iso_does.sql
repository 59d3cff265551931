-- dim_week counts weeks with arithmetic of its own; the engine's ISO calendar must agree.
select *
from {{ ref('dim_week') }}
where
    iso_week <> extract(week from week_start)
    or iso_year <> {{ iso_year('week_start') }}
    or {{ iso_weekday('week_start') }} <> 1
