select
    ident,
    duf_nummer as duf_number,
    kjonn as sex,
    fodselsdato as birth_date,
    fodeland as country_of_birth,
    statsborgerskap as citizenship,
    oppholdsgrunnlag as residence_basis,
    opphold_dato as permit_date,
    ankomst_dato as arrival_date,
    utdanningsbakgrunn as upper_secondary_word,
    adressebeskyttelse as address_protection_code,
    bosatt_kommune as settled_municipality_code,
    bosatt_dato as settled_date,
    dod_dato as death_date,
    reservert_forskning as research_reservation_code,
    registrert_dato as registered_date,
    delivered,
    file_name,
    line_number
from {{ ref('base_nir__personer') }}
where reason is null
