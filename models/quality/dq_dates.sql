-- C22: born before the permit and the death, of a sensible age at the start, and arrived by then. A
-- date that is missing is not checked.
with participations as (
    select
        participations.*,
        persons.birth_date,
        persons.permit_date,
        persons.arrival_date,
        persons.impossible_death_date,
        {{ completed_years('persons.birth_date', 'participations.start_date') }} as start_age
    from {{ ref('int_participation__accepted') }} as participations
    inner join {{ ref('int_person__persons') }} as persons
        on participations.person_key = persons.person_key
    where participations.has_begun
),

judged as (
    select
        *,
        coalesce(permit_date <= birth_date, false) as is_permit_before_birth,
        coalesce(
            start_age not between {{ rule_limit('C22', 'lowest_age') }}
            and {{ rule_limit('C22', 'highest_age') }},
            false
        ) as is_of_wrong_age,
        coalesce(start_date < arrival_date, false) as is_started_before_arrival
    from participations
),

final as (
    select
        'C22' as rule_id,
        'participation' as unit_type,
        participation_id as unit_id,
        person_key,
        participation_id,
        municipality_code,
        legal_regime,
        is_address_protected,
        start_date as event_date,
        coalesce(birth_date, arrival_date) is not null as is_applicable,
        is_permit_before_birth
        or is_of_wrong_age
        or is_started_before_arrival
        or impossible_death_date is not null as is_finding,
        case
            when is_permit_before_birth
                then 'Opphold gitt ' || {{ date_text('permit_date') }} || ', ikke etter fødselen'
            when is_of_wrong_age
                then 'Alder ved start: ' || cast(start_age as {{ dbt.type_string() }}) || ' år'
            when impossible_death_date is not null
                then
                    'Død ' || {{ date_text('impossible_death_date') }}
                    || ', før fødselen ' || {{ date_text('birth_date') }}
            else
                'Start ' || {{ date_text('start_date') }}
                || ', ankomst ' || {{ date_text('arrival_date') }}
        end as detail
    from judged
)

select * from final
