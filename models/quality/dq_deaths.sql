-- C24: nothing lies after the day of death. A spell lies there if it begins or lasts after it; one
-- without an end lasts as long as its source observes it, and what belongs to a participation no
-- longer than that is registered to last. Benefit is paid in arrears: its months may come later.
with participations as (
    select
        participations.participation_id,
        participations.person_key,
        participations.municipality_code,
        participations.start_date,
        participations.registered_end_date,
        coalesce(participations.registered_end_date, vintage.observed_until) as registered_until
    from {{ ref('int_participation__accepted') }} as participations
    cross join {{ ref('int_time__vintage') }} as vintage
),

of_persons as (
    select
        'category' as unit_type,
        spells.category_id as unit_id,
        spells.ident,
        spells.municipality_code,
        spells.from_date,
        spells.to_date,
        vintage.observed_until,
        'Kategorien ' || spells.category as what
    from {{ ref('stg_nir__kategorier') }} as spells
    cross join {{ ref('int_time__vintage') }} as vintage
    union all
    select
        'residence' as unit_type,
        spells.residence_id as unit_id,
        spells.ident,
        spells.municipality_code,
        spells.from_date,
        spells.to_date,
        vintage.folkeregister_delivered as observed_until,
        'Bostedet i kommune ' || spells.municipality_code as what
    from {{ ref('stg_folkeregister__bosatt') }} as spells
    cross join {{ ref('int_time__vintage') }} as vintage
    union all
    select
        'signal' as unit_type,
        signals.signal_id as unit_id,
        signals.ident,
        cast(null as {{ dbt.type_string() }}) as municipality_code,
        signals.from_date,
        signals.to_date,
        vintage.status_delivered as observed_until,
        'Statussignalet ' || signals.signal as what
    from {{ ref('stg_status__signaler') }} as signals
    cross join {{ ref('int_time__vintage') }} as vintage
),

records as (
    -- An end that is registered is a record of its own.
    select
        'participation' as unit_type,
        participation_id as unit_id,
        person_key,
        participation_id,
        municipality_code,
        start_date as first_day,
        case when registered_end_date is null then registered_until end as last_day,
        registered_end_date is null as is_open,
        'Deltakelsen' as what,
        'begynte' as began
    from participations
    union all
    select
        'end' as unit_type,
        participation_id as unit_id,
        person_key,
        participation_id,
        municipality_code,
        registered_end_date as first_day,
        registered_end_date as last_day,
        false as is_open,
        'Deltakelsen' as what,
        'sluttet' as began
    from participations
    where registered_end_date is not null
    {%- for unit_type, dataset, what in [
        ('measure', 'tiltak', "'Tiltaket ' || records.measure_word"),
        ('absence', 'fravaer', "'Fraværet'"),
        ('leave', 'permisjoner', "'Permisjonen'"),
    ] %}
    union all
    select
        '{{ unit_type }}' as unit_type,
        records.{{ unit_type }}_id as unit_id,
        participations.person_key,
        records.participation_id,
        participations.municipality_code,
        records.from_date as first_day,
        coalesce(records.to_date, participations.registered_until) as last_day,
        records.to_date is null as is_open,
        {{ what }} as what,
        'begynte' as began
    from {{ ref('stg_nir__' ~ dataset) }} as records
    inner join participations on records.participation_id = participations.participation_id
    {%- endfor %}
    union all
    select
        of_persons.unit_type,
        of_persons.unit_id,
        idents.person_key,
        cast(null as {{ dbt.type_string() }}) as participation_id,
        of_persons.municipality_code,
        of_persons.from_date as first_day,
        coalesce(of_persons.to_date, of_persons.observed_until) as last_day,
        of_persons.to_date is null as is_open,
        of_persons.what,
        'begynte' as began
    from of_persons
    inner join {{ ref('int_identity__idents') }} as idents on of_persons.ident = idents.ident
    union all
    select
        'decision' as unit_type,
        decision_id as unit_id,
        person_key,
        cast(null as {{ dbt.type_string() }}) as participation_id,
        municipality_code,
        decision_date as first_day,
        decision_date as last_day,
        false as is_open,
        'Vedtaket ' || decision_type as what,
        'er datert' as began
    from {{ ref('fct_decisions') }}
),

dated as (
    select
        records.*,
        persons.legal_regime,
        persons.is_address_protected,
        persons.death_date,
        greatest(records.first_day, records.last_day) as reached_day
    from records
    inner join {{ ref('int_person__persons') }} as persons
        on records.person_key = persons.person_key
    where persons.death_date is not null
),

benefits as (
    select
        months.*,
        persons.legal_regime,
        persons.is_address_protected,
        persons.death_date,
        {{ add_to_date(month_of('persons.death_date'), rule_limit('C24', 'months'), 'month') }}
            as last_month
    from {{ ref('fct_benefit_months') }} as months
    inner join {{ ref('int_person__persons') }} as persons
        on months.person_key = persons.person_key
    where persons.death_date is not null
),

final as (
    select
        'C24' as rule_id,
        unit_type,
        unit_id,
        person_key,
        participation_id,
        municipality_code,
        legal_regime,
        coalesce(is_address_protected, false) as is_address_protected,
        reached_day as event_date,
        true as is_applicable,
        reached_day > death_date as is_finding,
        case
            when first_day > death_date
                then what || ' ' || began || ' ' || {{ date_text('first_day') }}
            when is_open then what || ' er ikke avsluttet'
            else what || ' varte til ' || {{ date_text('last_day') }}
        end || ', død ' || {{ date_text('death_date') }} as detail
    from dated
    union all
    select
        'C24' as rule_id,
        'benefit' as unit_type,
        person_key || '/' || substr(cast(benefit_month as {{ dbt.type_string() }}), 1, 7)
        || coalesce('/' || municipality_code, '') as unit_id,
        person_key,
        participation_id,
        municipality_code,
        legal_regime,
        coalesce(is_address_protected, false) as is_address_protected,
        benefit_month as event_date,
        amount > 0 as is_applicable,
        benefit_month > last_month as is_finding,
        'Stønad for ' || substr({{ date_text('benefit_month') }}, 4, 7) || ', død '
        || {{ date_text('death_date') }} as detail
    from benefits
)

select * from final
