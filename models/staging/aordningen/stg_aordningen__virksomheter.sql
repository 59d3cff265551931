-- Only the newest list known counts; the older ones stay, marked.
select
    virksomhet_id as unit_id,
    kommunenr as municipality_code,
    gyldig_fra as valid_from,
    gyldig_til as valid_to,
    delivered = max(delivered) over () as is_current,
    delivered,
    file_name,
    line_number
from {{ ref('base_aordningen__virksomheter') }}
where reason is null
