select
    deltakelse_id as participation_id,
    ident,
    kommunenr as municipality_code,
    vedtak_id as decision_id,
    start_dato as start_date,
    slutt_dato as end_date,
    avslutningsarsak as termination_reason,
    avslutning_kilde as termination_source,
    avslutning_registrert_dato as termination_registered_date,
    sluttmal as final_goal,
    integreringskontrakt_dato as integration_contract_date,
    registrert_dato as registered_date,
    delivered,
    file_name,
    line_number
from {{ ref('base_nir__deltakelser') }}
where reason is null
