-- C18: every code that is filled in is a known word. Which column has which list is in the seed
-- coded_columns; a row of quarantine is not looked at.
with known_words as (
    select
        code_list,
        word
    from {{ ref('code_words') }}
    union all
    select
        'address_protections' as code_list,
        address_protection_code as word
    from {{ ref('address_protections') }}
    union all
    select
        'categories' as code_list,
        category as word
    from {{ ref('categories') }}
    union all
    select
        'countries' as code_list,
        country_code as word
    from {{ ref('countries') }}
    union all
    select
        'measure_words' as code_list,
        measure_word as word
    from {{ ref('measure_words') }}
    union all
    select
        'sexes' as code_list,
        sex as word
    from {{ ref('sexes') }}
    union all
    select
        'status_signals' as code_list,
        signal as word
    from {{ ref('status_signals') }}
    union all
    select
        'termination_reasons' as code_list,
        termination_reason as word
    from {{ ref('termination_reasons') }}
),

words_of_persons as (
    select
        columns.table_name,
        columns.column_name,
        columns.code_list,
        persons.ident as unit_id,
        persons.ident,
        persons.bosatt_kommune as municipality_code,
        persons.registrert_dato as event_date,
        case columns.column_name
            when 'kjonn' then persons.kjonn
            when 'fodeland' then persons.fodeland
            when 'statsborgerskap' then persons.statsborgerskap
            when 'utdanningsbakgrunn' then persons.utdanningsbakgrunn
            when 'adressebeskyttelse' then persons.adressebeskyttelse
            when 'reservert_forskning' then persons.reservert_forskning
        end as word
    from {{ ref('base_nir__personer') }} as persons
    inner join {{ ref('coded_columns') }} as columns on columns.table_name = 'personer'
    where persons.reason is null
    union all
    select
        columns.table_name,
        columns.column_name,
        columns.code_list,
        spells.kategori_id as unit_id,
        spells.ident,
        spells.kommunenr as municipality_code,
        spells.registrert_dato as event_date,
        case columns.column_name when 'kategori' then spells.kategori end as word
    from {{ ref('base_nir__kategorier') }} as spells
    inner join {{ ref('coded_columns') }} as columns on columns.table_name = 'kategorier'
    where spells.reason is null
    union all
    select
        columns.table_name,
        columns.column_name,
        columns.code_list,
        decisions.vedtak_id as unit_id,
        decisions.ident,
        decisions.kommunenr as municipality_code,
        decisions.registrert_dato as event_date,
        case columns.column_name when 'vedtakstype' then decisions.vedtakstype end as word
    from {{ ref('base_nir__vedtak') }} as decisions
    inner join {{ ref('coded_columns') }} as columns on columns.table_name = 'vedtak'
    where decisions.reason is null
    union all
    select
        columns.table_name,
        columns.column_name,
        columns.code_list,
        signals.signal_id as unit_id,
        signals.ident,
        cast(null as {{ dbt.type_string() }}) as municipality_code,
        signals.fra_dato as event_date,
        case columns.column_name when 'signal' then signals.signal end as word
    from {{ ref('base_status__signaler') }} as signals
    inner join {{ ref('coded_columns') }} as columns on columns.table_name = 'signaler'
    where signals.reason is null
),

words_of_participations as (
    select
        columns.table_name,
        columns.column_name,
        columns.code_list,
        participations.deltakelse_id as unit_id,
        participations.deltakelse_id as participation_id,
        participations.registrert_dato as event_date,
        case columns.column_name
            when 'avslutningsarsak' then participations.avslutningsarsak
            when 'avslutning_kilde' then participations.avslutning_kilde
            when 'sluttmal' then participations.sluttmal
        end as word
    from {{ ref('base_nir__deltakelser') }} as participations
    inner join {{ ref('coded_columns') }} as columns on columns.table_name = 'deltakelser'
    where participations.reason is null
    union all
    select
        columns.table_name,
        columns.column_name,
        columns.code_list,
        measures.tiltak_id as unit_id,
        measures.deltakelse_id as participation_id,
        measures.registrert_dato as event_date,
        case columns.column_name when 'tiltakstype' then measures.tiltakstype end as word
    from {{ ref('base_nir__tiltak') }} as measures
    inner join {{ ref('coded_columns') }} as columns on columns.table_name = 'tiltak'
    where measures.reason is null
    union all
    select
        columns.table_name,
        columns.column_name,
        columns.code_list,
        absences.fravaer_id as unit_id,
        absences.deltakelse_id as participation_id,
        absences.registrert_dato as event_date,
        case columns.column_name when 'fravaerstype' then absences.fravaerstype end as word
    from {{ ref('base_nir__fravaer') }} as absences
    inner join {{ ref('coded_columns') }} as columns on columns.table_name = 'fravaer'
    where absences.reason is null
    union all
    select
        columns.table_name,
        columns.column_name,
        columns.code_list,
        spells.permisjon_id as unit_id,
        spells.deltakelse_id as participation_id,
        spells.registrert_dato as event_date,
        case columns.column_name when 'permisjonstype' then spells.permisjonstype end as word
    from {{ ref('base_nir__permisjoner') }} as spells
    inner join {{ ref('coded_columns') }} as columns on columns.table_name = 'permisjoner'
    where spells.reason is null
),

with_person as (
    select
        words.table_name,
        words.column_name,
        words.code_list,
        words.unit_id,
        idents.person_key,
        cast(null as {{ dbt.type_string() }}) as participation_id,
        words.municipality_code,
        persons.legal_regime,
        coalesce(persons.is_address_protected, false) as is_address_protected,
        words.event_date,
        words.word
    from words_of_persons as words
    inner join {{ ref('int_identity__idents') }} as idents on words.ident = idents.ident
    left join {{ ref('int_person__persons') }} as persons
        on idents.person_key = persons.person_key
    where words.word is not null
    union all
    select
        words.table_name,
        words.column_name,
        words.code_list,
        words.unit_id,
        participations.person_key,
        words.participation_id,
        participations.municipality_code,
        participations.legal_regime,
        participations.is_address_protected,
        words.event_date,
        words.word
    from words_of_participations as words
    inner join {{ ref('int_participation__accepted') }} as participations
        on words.participation_id = participations.participation_id
    where words.word is not null
),

final as (
    select
        'C18' as rule_id,
        with_person.table_name || '.' || with_person.column_name as unit_type,
        with_person.unit_id,
        with_person.person_key,
        with_person.participation_id,
        with_person.municipality_code,
        with_person.legal_regime,
        with_person.is_address_protected,
        with_person.event_date,
        true as is_applicable,
        known_words.word is null as is_finding,
        with_person.column_name || ': ' || {{ shown_word('with_person.word') }} as detail
    from with_person
    left join known_words
        on
            with_person.code_list = known_words.code_list
            and with_person.word = known_words.word
)

select * from final
