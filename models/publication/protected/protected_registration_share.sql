-- The warehouse's figures as they are: they rest on many persons.
select
    '{{ var("release") or "" }}' as release,
    period,
    region_set,
    region_type,
    region_code,
    event_type,
    measure,
    value,
    '' as sign
from {{ ref('stat_registration_share') }}
where period = '{{ var("release_period") or "" }}'
