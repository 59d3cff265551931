-- C05: each record is registered within some months of its event. The event of a spell is its
-- first day. An end whose registration is not dated cannot be judged.
with records as (
    select
        'start' as unit_type,
        participation_id as unit_id,
        participation_id,
        start_date as event_date,
        registered_date
    from {{ ref('int_participation__accepted') }}
    union all
    select
        'end' as unit_type,
        participation_id as unit_id,
        participation_id,
        end_date as event_date,
        termination_registered_date as registered_date
    from {{ ref('int_participation__accepted') }}
    where end_date is not null
    {%- for unit_type, dataset in
        [('measure', 'tiltak'), ('absence', 'fravaer'), ('leave', 'permisjoner')] %}
    union all
    select
        '{{ unit_type }}' as unit_type,
        {{ unit_type }}_id as unit_id,
        participation_id,
        from_date as event_date,
        registered_date
    from {{ ref('stg_nir__' ~ dataset) }}
    {%- endfor %}
),

of_persons as (
    select
        records.unit_type,
        records.unit_id,
        participations.person_key,
        records.participation_id,
        participations.municipality_code,
        participations.legal_regime,
        participations.is_address_protected,
        records.event_date,
        records.registered_date
    from records
    inner join {{ ref('int_participation__accepted') }} as participations
        on records.participation_id = participations.participation_id
    where participations.has_begun
    union all
    select
        'decision' as unit_type,
        decisions.decision_id as unit_id,
        decisions.person_key,
        cast(null as {{ dbt.type_string() }}) as participation_id,
        decisions.municipality_code,
        persons.legal_regime,
        coalesce(persons.is_address_protected, false) as is_address_protected,
        decisions.decision_date as event_date,
        decisions.registered_date
    from {{ ref('fct_decisions') }} as decisions
    left join {{ ref('int_person__persons') }} as persons
        on decisions.person_key = persons.person_key
),

final as (
    select
        'C05' as rule_id,
        of_persons.unit_type,
        of_persons.unit_id,
        of_persons.person_key,
        of_persons.participation_id,
        of_persons.municipality_code,
        of_persons.legal_regime,
        of_persons.is_address_protected,
        of_persons.event_date,
        of_persons.registered_date is not null
        and of_persons.event_date <= vintage.observed_until as is_applicable,
        coalesce(
            of_persons.registered_date
            > {{ add_to_date('of_persons.event_date', rule_limit('C05', 'months'), 'month') }},
            false
        ) as is_finding,
        'Skjedde ' || {{ date_text('of_persons.event_date') }}
        || ', registrert ' || {{ date_text('of_persons.registered_date') }} as detail
    from of_persons
    cross join {{ ref('int_time__vintage') }} as vintage
)

select * from final
