-- C19: an identity number is valid and its chain ends. Quarantined rows are looked at as well: a
-- number that is not valid is the reason they lie there. The municipality is the one that
-- registered the number last in NIR.
{%- set nir_tables = [
    ('personer', 'bosatt_kommune'), ('kategorier', 'kommunenr'), ('vedtak', 'kommunenr'),
    ('deltakelser', 'kommunenr'),
] %}
{%- set other_tables = [
    ('folkeregister__identer', 'ident'), ('folkeregister__identer', 'gjeldende_ident'),
    ('folkeregister__bosatt', 'ident'), ('status__signaler', 'ident'),
    ('aordningen__inntekt', 'personidentifikator'), ('kostra__11b', 'fodselsnummer'),
] %}
with registrations as (
    {%- for table, municipality in nir_tables %}
    {{ 'union all' if not loop.first }}
    select
        ident,
        ident_is_valid as is_valid,
        {{ municipality }} as municipality_code,
        registrert_dato as registered_date,
        '{{ table }}' as table_name
    from {{ ref('base_nir__' ~ table) }}
    where ident is not null
    {%- endfor %}
),

registered as (
    select
        ident,
        is_valid,
        municipality_code,
        table_name
    from registrations
    qualify row_number() over (
        partition by ident
        order by
            registered_date desc nulls last,
            municipality_code asc,
            table_name asc
    ) = 1
),

mentioned as (
    {%- for dataset, column in other_tables %}
    {{ 'union all' if not loop.first }}
    select
        {{ column }} as ident,
        {{ column }}_is_valid as is_valid,
        '{{ dataset.split('__')[1] }}' as table_name
    from {{ ref('base_' ~ dataset) }}
    where {{ column }} is not null
    group by {{ column }}, {{ column }}_is_valid
    {%- endfor %}
),

-- Deliveries may have been received with other test populations allowed.
elsewhere as (
    select
        ident,
        min(case when is_valid then 1 else 0 end) = 1 as is_valid,
        min(table_name) as table_name
    from mentioned
    group by ident
),

idents as (
    select
        coalesce(registered.ident, elsewhere.ident) as ident,
        coalesce(registered.is_valid, elsewhere.is_valid, true) as is_valid,
        registered.municipality_code,
        coalesce(registered.table_name, elsewhere.table_name) as table_name
    from registered
    full outer join elsewhere on registered.ident = elsewhere.ident
),

final as (
    select
        'C19' as rule_id,
        'ident' as unit_type,
        idents.ident as unit_id,
        persons_of.person_key,
        cast(null as {{ dbt.type_string() }}) as participation_id,
        idents.municipality_code,
        persons.legal_regime,
        coalesce(persons.is_address_protected, false) as is_address_protected,
        vintage.observed_until as event_date,
        true as is_applicable,
        not idents.is_valid or persons_of.is_loop as is_finding,
        case
            when not idents.is_valid then 'Nummeret er ikke gyldig; det står i '
            else 'Rekken av numre går i ring; nummeret står i '
        end || idents.table_name as detail
    from idents
    inner join {{ ref('int_identity__idents') }} as persons_of on idents.ident = persons_of.ident
    left join {{ ref('int_person__persons') }} as persons
        on persons_of.person_key = persons.person_key
    cross join {{ ref('int_time__vintage') }} as vintage
)

select * from final
