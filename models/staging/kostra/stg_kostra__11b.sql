with final as (
    select
        forms.kommunenr as municipality_code,
        2000 + forms.oppgaveaar as reporting_year,
        forms.bydel as city_district,
        forms.distrikt as district,
        forms.journalnummer as case_number,
        forms.fodselsnummer as ident,
        forms.duf_nummer as duf_number,
        forms.kjonn as sex,
        forms.sivilstand as marital_status,
        forms.startdato as start_date,
        forms.inntektsgivende_arbeid = '1' as has_paid_work,
        forms.tiltak as measure_codes,
        forms.status as year_end_status,
        forms.avslutningsdato as end_date,
        forms.stonadsmaneder as benefit_month_codes,
        forms.stonad as benefit_amount,
        files.is_current,
        forms.delivered,
        forms.file_name,
        forms.line_number
    from {{ ref('base_kostra__11b') }} as forms
    inner join {{ ref('stg_kostra__files') }} as files
        on
            forms.delivered = files.delivered
            and forms.file_name = files.file_name
    where forms.reason is null
)

select * from final
