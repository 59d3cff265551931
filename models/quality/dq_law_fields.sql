-- C15: fields that the person's law requires are filled. C16: fields that it forbids are empty. The
-- law is the one of the day the participation begins, or the person was registered.
{%- set against = 'case when is_asked and is_against_the_law then label_nb end' %}
with fields as (
    {%- for field, filled in law_field_columns().participation.items() %}
    select
        'participation' as unit_type,
        participation_id as unit_id,
        person_key,
        participation_id,
        municipality_code,
        legal_regime,
        is_address_protected,
        start_date as event_date,
        '{{ field }}' as field,
        {{ filled }} is not null as is_filled
    from {{ ref('int_participation__accepted') }}
    where has_begun
    union all
    {%- endfor %}
    {%- for field, filled in law_field_columns().person.items() %}
    {{ 'union all' if not loop.first }}
    select
        'person' as unit_type,
        person_key as unit_id,
        person_key,
        cast(null as {{ dbt.type_string() }}) as participation_id,
        settled_municipality_code as municipality_code,
        legal_regime,
        coalesce(is_address_protected, false) as is_address_protected,
        registered_date as event_date,
        '{{ field }}' as field,
        {{ filled }} is not null as is_filled
    from {{ ref('int_person__persons') }}
    where is_registered
    {%- endfor %}
),

requirements as (
    select
        'C15' as rule_id,
        'required' as requirement,
        'Mangler ' as says
    union all
    select
        'C16' as rule_id,
        'forbidden' as requirement,
        'Utfylt: ' as says
),

judged as (
    select
        requirements.rule_id,
        requirements.says,
        fields.*,
        laws.field is not null as is_asked,
        coalesce(fields.is_filled <> (requirements.requirement = 'required'), false)
            as is_against_the_law,
        laws.label_nb
    from fields
    cross join requirements
    left join {{ ref('law_fields') }} as laws
        on
            fields.legal_regime = laws.legal_regime
            and fields.unit_type = laws.unit
            and fields.field = laws.field
            and requirements.requirement = laws.requirement
            and fields.event_date >= coalesce(laws.valid_from, date '0001-01-01')
            and fields.event_date < coalesce(laws.valid_to, date '9999-12-31')
),

final as (
    select
        rule_id,
        unit_type,
        unit_id,
        person_key,
        participation_id,
        municipality_code,
        legal_regime,
        is_address_protected,
        event_date,
        max(case when is_asked then 1 else 0 end) = 1 as is_applicable,
        max(case when is_asked and is_against_the_law then 1 else 0 end) = 1 as is_finding,
        says || {{ dbt.listagg(against, "', '", 'order by ' ~ against) }}
            as detail
    from judged
    group by
        rule_id,
        says,
        unit_type,
        unit_id,
        person_key,
        participation_id,
        municipality_code,
        legal_regime,
        is_address_protected,
        event_date
)

select * from final
