-- C21: a municipality code is valid on the date of the event.
{%- set of_persons = [
    (
        'personer', 'stg_nir__personer', 'ident', 'settled_municipality_code',
        'coalesce(settled_date, registered_date)',
    ),
    ('kategorier', 'stg_nir__kategorier', 'category_id', 'municipality_code', 'from_date'),
    ('vedtak', 'stg_nir__vedtak', 'decision_id', 'municipality_code', 'decision_date'),
    ('deltakelser', 'stg_nir__deltakelser', 'participation_id', 'municipality_code', 'start_date'),
    (
        'bosatt', 'stg_folkeregister__bosatt', 'residence_id', 'municipality_code', 'from_date',
    ),
] %}
with codes as (
    {%- for table, model, key, code, day in of_persons %}
    select
        '{{ table }}' as unit_type,
        {{ key }} as unit_id,
        ident,
        {{ 'participation_id' if table == 'deltakelser'
            else 'cast(null as ' ~ dbt.type_string() ~ ')' }}
            as participation_id,
        {{ code }} as municipality_code,
        {{ day }} as event_date
    from {{ ref(model) }}
    where {{ code }} is not null
    union all
    {%- endfor %}
    select
        'virksomheter' as unit_type,
        unit_id || '/' || cast(valid_from as {{ dbt.type_string() }})
        || '/' || cast(line_number as {{ dbt.type_string() }})
            as unit_id,
        cast(null as {{ dbt.type_string() }}) as ident,
        cast(null as {{ dbt.type_string() }}) as participation_id,
        municipality_code,
        valid_from as event_date
    from {{ ref('int_income__units') }}
    union all
    select
        '11b' as unit_type,
        file_name || '/' || cast(line_number as {{ dbt.type_string() }}) as unit_id,
        ident,
        cast(null as {{ dbt.type_string() }}) as participation_id,
        municipality_code,
        {{ dbt.date('reporting_year', 12, 31) }} as event_date
    from {{ ref('stg_kostra__11b') }}
    where is_current
),

final as (
    select
        'C21' as rule_id,
        codes.unit_type,
        codes.unit_id,
        coalesce(chains.person_key, codes.ident) as person_key,
        codes.participation_id,
        codes.municipality_code,
        persons.legal_regime,
        coalesce(persons.is_address_protected, false) as is_address_protected,
        codes.event_date,
        true as is_applicable,
        municipalities.municipality_code is null as is_finding,
        'Kommunenummer ' || codes.municipality_code || ' gjaldt ikke '
        || {{ date_text('codes.event_date') }} as detail
    from codes
    left join {{ ref('municipalities') }} as municipalities
        on
            codes.municipality_code = municipalities.municipality_code
            and codes.event_date >= municipalities.valid_from
            and codes.event_date < coalesce(municipalities.valid_to, date '9999-12-31')
    left join {{ ref('int_identity__current_idents') }} as chains on codes.ident = chains.ident
    left join {{ ref('int_person__persons') }} as persons
        on coalesce(chains.person_key, codes.ident) = persons.person_key
)

select * from final
