-- The newest delivery of a reporting year is the current one; older ones stay, marked.
select
    kommunenr as municipality_code,
    2000 + oppgaveaar as reporting_year,
    bydel as city_district,
    distrikt as district,
    journalnummer as case_number,
    fodselsnummer as ident,
    duf_nummer as duf_number,
    kjonn as sex,
    sivilstand as marital_status,
    startdato as start_date,
    inntektsgivende_arbeid = '1' as has_paid_work,
    tiltak as measure_codes,
    status as year_end_status,
    avslutningsdato as end_date,
    stonadsmaneder as benefit_month_codes,
    stonad as benefit_amount,
    delivered = max(delivered) over (partition by oppgaveaar) as is_current,
    delivered,
    file_name,
    line_number
from {{ ref('base_kostra__11b') }}
where reason is null
