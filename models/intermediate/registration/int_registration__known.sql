-- Who is protected, who has died, and who a number belongs to, is read from what is known now.
with participations as (
    select
        participations.participation_id,
        participations.delivered,
        participations.municipality_code,
        participations.start_date,
        least(participations.end_date, persons.death_date) as end_date,
        participations.end_date is not null as has_registered_end,
        coalesce(persons.is_address_protected, false) as is_address_protected
    from {{ ref('stg_nir_history__deltakelser') }} as participations
    inner join {{ ref('int_identity__idents') }} as idents
        on participations.ident = idents.ident
    left join {{ ref('int_person__persons') }} as persons
        on idents.person_key = persons.person_key
    where coalesce(participations.start_date <= persons.death_date, true)
),

{% set children = {'measure': 'tiltak', 'absence': 'fravaer', 'leave': 'permisjoner'} %}
events as (
    select
        'start' as event_type,
        municipality_code,
        is_address_protected,
        start_date as event_date,
        delivered
    from participations
    union all
    select
        'end' as event_type,
        municipality_code,
        is_address_protected,
        end_date as event_date,
        delivered
    from participations
    where has_registered_end
    union all
    select
        'decision' as event_type,
        decisions.municipality_code,
        coalesce(persons.is_address_protected, false) as is_address_protected,
        decisions.decision_date as event_date,
        decisions.delivered
    from {{ ref('stg_nir_history__vedtak') }} as decisions
    inner join {{ ref('int_identity__idents') }} as idents
        on decisions.ident = idents.ident
    left join {{ ref('int_person__persons') }} as persons
        on idents.person_key = persons.person_key
    {%- for event_type, file in children.items() %}
    union all
    select
        '{{ event_type }}' as event_type,
        participations.municipality_code,
        participations.is_address_protected,
        records.from_date as event_date,
        records.delivered
    from {{ ref('stg_nir_history__' ~ file) }} as records
    inner join participations
        on
            records.participation_id = participations.participation_id
            and records.delivered = participations.delivered
    {%- endfor %}
),

final as (
    select
        event_type,
        municipality_code,
        is_address_protected,
        {{ month_of('event_date') }} as event_month,
        delivered,
        count(*) as known_count
    from events
    where event_date <= delivered
    group by 1, 2, 3, 4, 5
)

select * from final
