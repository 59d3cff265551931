-- K01–K23: the form's own controls (int_kostra__controls) on the newest form of each year. Lines in
-- quarantine are asked too: their faults are what the controls look for. A line that repeats one is
-- left out.
with forms as (
    select
        lines.*,
        controls.year_end,
        controls.age,
        controls.filled_measures,
        controls.filled_months,
        {%- for number in range(1, 24) %}
        controls.k{{ '%02d' % number }},
        {%- endfor %}
        coalesce(idents.person_key, duf_numbers.person_key) as person_key,
        cast(lines.stonad as {{ dbt.type_string() }}) || ' kroner i '
        || cast(controls.benefit_months as {{ dbt.type_string() }}) || ' måneder' as paid_text
    from {{ ref('stg_kostra__lines') }} as lines
    inner join {{ ref('int_kostra__controls') }} as controls
        on
            lines.delivered = controls.delivered
            and lines.file_name = controls.file_name
            and lines.line_number = controls.line_number
    left join {{ ref('int_identity__idents') }} as idents
        on lines.fodselsnummer = idents.ident
    left join {{ ref('int_identity__duf_numbers') }} as duf_numbers
        on lines.fodselsnummer is null and lines.duf_nummer = duf_numbers.duf_number
    where lines.is_current and controls.k01 is not null
),

judged as (
    select
        *,
        'K01' as rule_id,
        k01 as holds,
        'Linjen har ikke 111 tegn' as detail
    from forms
    union all
    select
        *,
        'K02' as rule_id,
        k02 as holds,
        'Andre tegn enn siffer i et tallfelt' as detail
    from forms
    union all
    select
        *,
        'K03' as rule_id,
        k03 as holds,
        'Kommunenummer ' || coalesce(kommunenr, 'mangler') as detail
    from forms
    union all
    select
        *,
        'K04' as rule_id,
        k04 as holds,
        'Oppgaveår ' || coalesce(oppgaveaar_text, 'mangler') as detail
    from forms
    union all
    select
        *,
        'K05' as rule_id,
        k05 as holds,
        case
            when fodselsnummer is null then 'Fødselsnummer mangler'
            else 'Fødselsnummeret er ikke gyldig'
        end as detail
    from forms
    union all
    select
        *,
        'K06' as rule_id,
        k06 as holds,
        'DUF-nummeret er ikke gyldig' as detail
    from forms
    union all
    select
        *,
        'K07' as rule_id,
        k07 as holds,
        'Kjønn ' || coalesce(kjonn, 'mangler') as detail
    from forms
    union all
    select
        *,
        'K08' as rule_id,
        k08 as holds,
        'Sivilstand ' || coalesce(sivilstand, 'mangler') as detail
    from forms
    union all
    select
        *,
        'K09' as rule_id,
        k09 as holds,
        'Startdato mangler eller er ingen dato' as detail
    from forms
    union all
    select
        *,
        'K10' as rule_id,
        k10 as holds,
        'Inntektsgivende arbeid ' || coalesce(inntektsgivende_arbeid, 'mangler') as detail
    from forms
    union all
    select
        *,
        'K11' as rule_id,
        k11 as holds,
        case
            when filled_measures = 0 then 'Ingen tiltak oppgitt'
            else 'Tiltakskode i feil felt, eller ukjent kode'
        end as detail
    from forms
    union all
    select
        *,
        'K12' as rule_id,
        k12 as holds,
        'Status ' || coalesce(status, 'mangler') as detail
    from forms
    union all
    select
        *,
        'K13' as rule_id,
        k13 as holds,
        case
            when avslutningsdato is null then 'Avslutningsdato mangler eller er ingen dato'
            else 'Avsluttet ' || {{ date_text('avslutningsdato') }} || ', ikke i oppgaveåret'
        end as detail
    from forms
    union all
    select
        *,
        'K14' as rule_id,
        k14 as holds,
        case
            when filled_months = 0 then 'Ingen måned med stønad'
            else 'Måned i feil felt, eller ingen måned'
        end as detail
    from forms
    union all
    select
        *,
        'K15' as rule_id,
        k15 as holds,
        'Samlet stønad '
        || coalesce(cast(stonad as {{ dbt.type_string() }}) || ' kroner', 'mangler') as detail
    from forms
    union all
    select
        *,
        'K16' as rule_id,
        k16 as holds,
        'Avsluttet ' || {{ date_text('avslutningsdato') }} || ', start '
        || {{ date_text('startdato') }} as detail
    from forms
    union all
    select
        *,
        'K17' as rule_id,
        k17 as holds,
        'Avsluttet ' || {{ date_text('avslutningsdato') }} || ', før oppgaveåret' as detail
    from forms
    union all
    select
        *,
        'K18' as rule_id,
        k18 as holds,
        'Status ' || status || ' uten stønad i desember' as detail
    from forms
    union all
    select
        *,
        'K19' as rule_id,
        k19 as holds,
        paid_text as detail
    from forms
    union all
    select
        *,
        'K20' as rule_id,
        k20 as holds,
        paid_text as detail
    from forms
    union all
    select
        *,
        'K21' as rule_id,
        k21 as holds,
        'Alder ved årets slutt: ' || cast(age as {{ dbt.type_string() }}) || ' år' as detail
    from forms
    union all
    select
        *,
        'K22' as rule_id,
        k22 as holds,
        'Alder ved årets slutt: ' || cast(age as {{ dbt.type_string() }}) || ' år' as detail
    from forms
    union all
    select
        *,
        'K23' as rule_id,
        k23 as holds,
        'Samlet stønad ' || cast(stonad as {{ dbt.type_string() }}) || ' kroner' as detail
    from forms
),

final as (
    select
        judged.rule_id,
        'form line' as unit_type,
        judged.file_name || '/' || cast(judged.line_number as {{ dbt.type_string() }}) as unit_id,
        judged.person_key,
        cast(null as {{ dbt.type_string() }}) as participation_id,
        judged.kommunenr as municipality_code,
        persons.legal_regime,
        coalesce(persons.is_address_protected, false) as is_address_protected,
        judged.year_end as event_date,
        judged.holds is not null as is_applicable,
        coalesce(not judged.holds, false) as is_finding,
        judged.detail
    from judged
    left join {{ ref('int_person__persons') }} as persons on judged.person_key = persons.person_key
)

select * from final
