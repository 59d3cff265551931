-- K01–K18: the form's own checks, from its published control list, on the newest form of each year.
-- Lines in quarantine are checked too: their faults are what the list looks for.
with forms as (
    select
        forms.*,
        coalesce(idents.person_key, forms.duf_nummer) as person_key,
        forms.oppgaveaar is not null and forms.kommunenr is not null as is_readable,
        {{ dbt.date(parsed_integer('substr(files.dataset, 5, 4)'), 12, 31) }} as year_end,
        statuses.status is not null as is_known_status,
        coalesce(statuses.is_ongoing, false) as is_ongoing,
        coalesce(not statuses.is_ongoing, false) as is_ended,
        coalesce(substr(forms.stonadsmaneder, 23, 2) = '12', false) as has_december
    from {{ ref('base_kostra__11b') }} as forms
    inner join {{ ref('stg_kostra__files') }} as files
        on
            forms.delivered = files.delivered
            and forms.file_name = files.file_name
    left join {{ ref('int_identity__idents') }} as idents
        on forms.fodselsnummer = idents.ident
    left join {{ ref('kostra_statuses') }} as statuses on forms.status = statuses.status
    where files.is_current and coalesce(forms.reason <> 'duplicate_row', true)
),

judged as (
    select
        *,
        'K01' as rule_id,
        true as is_applicable,
        not is_readable as is_finding,
        'Linjen kan ikke leses' as detail
    from forms
    union all
    select
        *,
        'K05' as rule_id,
        is_readable as is_applicable,
        not coalesce(fodselsnummer_is_valid, false)
        and (fodselsnummer is not null or duf_nummer is null) as is_finding,
        case
            when fodselsnummer is null then 'Fødselsnummer og DUF-nummer mangler'
            else 'Fødselsnummeret er ikke gyldig'
        end as detail
    from forms
    union all
    select
        *,
        'K09' as rule_id,
        is_readable as is_applicable,
        startdato is null as is_finding,
        'Startdato mangler eller er ingen dato' as detail
    from forms
    union all
    select
        *,
        'K11' as rule_id,
        is_readable as is_applicable,
        coalesce(replace(tiltak, '0', ''), '') = '' as is_finding,
        'Ingen tiltak oppgitt' as detail
    from forms
    union all
    select
        *,
        'K12' as rule_id,
        is_readable as is_applicable,
        not is_known_status as is_finding,
        'Status ' || coalesce(status, 'mangler') as detail
    from forms
    union all
    select
        *,
        'K13' as rule_id,
        is_readable and is_ended as is_applicable,
        coalesce(avslutningsdato < startdato, avslutningsdato is null) as is_finding,
        case
            when avslutningsdato is null then 'Avslutningsdato mangler'
            else 'Avsluttet ' || {{ date_text('avslutningsdato') }} || ', før start'
        end as detail
    from forms
    union all
    select
        *,
        'K14' as rule_id,
        is_readable as is_applicable,
        coalesce(replace(stonadsmaneder, '0', ''), '') = '' as is_finding,
        'Ingen måned med stønad' as detail
    from forms
    union all
    select
        *,
        'K15' as rule_id,
        is_readable as is_applicable,
        not coalesce(
            stonad > 0 and stonad < {{ rule_limit('K15', 'amount') }}, false
        ) as is_finding,
        'Samlet stønad '
        || coalesce(cast(stonad as {{ dbt.type_string() }}) || ' kroner', 'mangler') as detail
    from forms
    union all
    select
        *,
        'K17' as rule_id,
        is_readable and avslutningsdato is not null as is_applicable,
        avslutningsdato > year_end as is_finding,
        'Avsluttet ' || {{ date_text('avslutningsdato') }} as detail
    from forms
    union all
    select
        *,
        'K18' as rule_id,
        is_readable and is_ongoing as is_applicable,
        not has_december as is_finding,
        'Status ' || status || ' uten stønad i desember' as detail
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
        judged.is_applicable,
        judged.is_applicable and coalesce(judged.is_finding, false) as is_finding,
        judged.detail
    from judged
    left join {{ ref('int_person__persons') }} as persons on judged.person_key = persons.person_key
)

select * from final
