-- K01–K18: the form's own checks, from its published control list, on the newest form of each year.
-- Lines in quarantine are checked too: what is wrong with them is what the list asks.
with forms as (
    select
        forms.*,
        coalesce(idents.person_key, forms.fodselsnummer, forms.duf_nummer) as person_key,
        forms.oppgaveaar is not null and forms.kommunenr is not null as is_readable,
        {{ dbt.date(parsed_integer('substr(files.dataset, 5, 4)'), 12, 31) }} as year_end,
        statuses.status is not null as is_known_status,
        coalesce(statuses.is_ongoing, false) as is_ongoing,
        coalesce(not statuses.is_ongoing, false) as is_ended,
        substr(forms.stonadsmaneder, 23, 2) = '12' as has_december
    from {{ ref('base_kostra__11b') }} as forms
    inner join {{ ref('stg_kostra__files') }} as files
        on
            forms.delivered = files.delivered
            and forms.file_name = files.file_name
    left join {{ ref('int_identity__current_idents') }} as idents
        on forms.fodselsnummer = idents.ident
    left join {{ ref('kostra_statuses') }} as statuses on forms.status = statuses.status
    where files.is_current and coalesce(forms.reason <> 'duplicate_row', true)
),

judged as (
    {%- for rule_id, applicable, finding, detail in [
        ('K01', 'true', 'not is_readable', "'Linjen kan ikke leses'"),
        (
            'K05', 'is_readable',
            'not coalesce(fodselsnummer_is_valid, false) '
            ~ 'and (fodselsnummer is not null or duf_nummer is null)',
            "case when fodselsnummer is null then 'Fødselsnummer og DUF-nummer mangler' "
            ~ "else 'Fødselsnummeret er ikke gyldig' end",
        ),
        ('K09', 'is_readable', 'startdato is null', "'Startdato mangler eller er ingen dato'"),
        (
            'K11', 'is_readable', "coalesce(replace(tiltak, '0', ''), '') = ''",
            "'Ingen tiltak oppgitt'",
        ),
        (
            'K12', 'is_readable', 'not is_known_status',
            "'Status ' || coalesce(status, 'mangler')",
        ),
        (
            'K13', 'is_readable and is_ended',
            'coalesce(avslutningsdato < startdato, avslutningsdato is null)',
            "coalesce('Avsluttet ' || " ~ date_text('avslutningsdato')
            ~ " || ', før start', 'Avslutningsdato mangler')",
        ),
        (
            'K14', 'is_readable', "coalesce(replace(stonadsmaneder, '0', ''), '') = ''",
            "'Ingen måned med stønad'",
        ),
        (
            'K15', 'is_readable',
            'not coalesce(stonad > 0 and stonad < ' ~ rule_limit('K15', 'amount') ~ ', false)',
            "'Samlet stønad ' || coalesce(cast(stonad as " ~ dbt.type_string() ~ ") || ' kroner', 'mangler')",
        ),
        (
            'K17', 'is_readable and avslutningsdato is not null',
            'avslutningsdato > year_end', "'Avsluttet ' || " ~ date_text('avslutningsdato'),
        ),
        (
            'K18', 'is_readable and is_ongoing', 'not coalesce(has_december, false)',
            "'Status ' || status || ' uten stønad i desember'",
        ),
    ] %}
    {{ 'union all' if not loop.first }}
    select
        '{{ rule_id }}' as rule_id,
        file_name,
        line_number,
        person_key,
        kommunenr as municipality_code,
        year_end as event_date,
        {{ applicable }} as is_applicable,
        {{ applicable }} and coalesce({{ finding }}, false) as is_finding,
        {{ detail }} as detail
    from forms
    {%- endfor %}
),

final as (
    select
        judged.rule_id,
        'form line' as unit_type,
        judged.file_name || '/' || cast(judged.line_number as {{ dbt.type_string() }}) as unit_id,
        judged.person_key,
        cast(null as {{ dbt.type_string() }}) as participation_id,
        judged.municipality_code,
        persons.legal_regime,
        coalesce(persons.is_address_protected, false) as is_address_protected,
        judged.event_date,
        judged.is_applicable,
        judged.is_finding,
        judged.detail
    from judged
    left join {{ ref('int_person__persons') }} as persons on judged.person_key = persons.person_key
)

select * from final
