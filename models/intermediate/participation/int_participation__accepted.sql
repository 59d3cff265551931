-- Ends after observed_until are not known yet, and nobody takes part after the day of death.
-- last_day is the last day that can be a day of participation; null where the participation has not
-- begun, or only after the death, so that it counts nowhere.
-- ending_order is the one definition of which of a person's participations ends last.
with participations as (
    select
        participations.*,
        idents.person_key,
        persons.legal_regime,
        coalesce(persons.is_address_protected, false) as is_address_protected,
        persons.death_date,
        vintage.observed_until,
        participations.start_date <= least(vintage.observed_until, persons.death_date)
            as has_begun,
        case
            when participations.end_date <= vintage.observed_until then participations.end_date
        end as known_end_date
    from {{ ref('stg_nir__deltakelser') }} as participations
    inner join {{ ref('int_identity__idents') }} as idents
        on participations.ident = idents.ident
    inner join {{ ref('int_person__persons') }} as persons
        on idents.person_key = persons.person_key
    cross join {{ ref('int_time__vintage') }} as vintage
),

ended as (
    select
        *,
        case when has_begun then least(known_end_date, death_date) else known_end_date end
            as last_date
    from participations
),

final as (
    select
        participations.participation_id,
        cast(row_number() over (order by participations.participation_id) as integer)
            as participation_no,
        participations.person_key,
        participations.decision_id,
        participations.municipality_code,
        participations.legal_regime,
        participations.is_address_protected,
        participations.start_date,
        participations.last_date as end_date,
        participations.known_end_date as registered_end_date,
        participations.has_begun,
        participations.has_begun and participations.last_date is null as is_ongoing,
        case
            when participations.has_begun
                then coalesce(participations.last_date, participations.observed_until)
        end as last_day,
        cast(row_number() over (
            partition by participations.person_key
            order by
                coalesce(participations.last_date, date '9999-12-31'),
                participations.start_date,
                participations.participation_id
        ) as integer) as ending_order,
        case
            when participations.last_date is not null
                then coalesce(participations.termination_reason, 'ikke_registrert')
        end as termination_reason,
        participations.termination_source,
        participations.termination_registered_date,
        participations.final_goal,
        participations.integration_contract_date,
        participations.registered_date
    from ended as participations
)

select * from final
