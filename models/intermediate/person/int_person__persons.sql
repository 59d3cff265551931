with registrations as (
    select
        registrations.*,
        idents.person_key
    from {{ ref('stg_nir__personer') }} as registrations
    inner join {{ ref('int_identity__idents') }} as idents
        on registrations.ident = idents.ident
),

-- Two rows of one person: the current number's row wins, then the latest registered.
ranked as (
    select
        *,
        row_number() over (
            partition by person_key
            order by
                case when ident = person_key then 0 else 1 end,
                registered_date desc nulls last,
                line_number desc,
                file_name desc
        ) as place
    from registrations
),

chosen as (
    select * from ranked
    where place = 1
),

-- Of a person's rows the first that knows of the death. One after observed_until is not known yet,
-- one before the birth is none.
registered_deaths as (
    select
        ranked.person_key,
        ranked.place,
        ranked.death_date,
        coalesce(ranked.death_date < chosen.birth_date, false) as is_before_birth
    from ranked
    inner join chosen on ranked.person_key = chosen.person_key
    where ranked.death_date is not null
),

possible_deaths as (
    select
        deaths.person_key,
        deaths.death_date,
        row_number() over (partition by deaths.person_key order by deaths.place) as place
    from registered_deaths as deaths
    inner join {{ ref('int_time__vintage') }} as vintage
        on deaths.death_date <= vintage.observed_until
    where not deaths.is_before_birth
),

impossible_deaths as (
    select
        person_key,
        min(death_date) as death_date
    from registered_deaths
    where is_before_birth
    group by 1
),

first_starts as (
    select
        idents.person_key,
        min(participations.start_date) as first_start_date
    from {{ ref('stg_nir__deltakelser') }} as participations
    inner join {{ ref('int_identity__idents') }} as idents
        on participations.ident = idents.ident
    group by 1
),

persons as (
    select
        coalesce(chosen.person_key, first_starts.person_key) as person_key,
        first_starts.first_start_date,
        chosen.sex,
        chosen.birth_date,
        chosen.country_of_birth,
        chosen.citizenship,
        chosen.residence_basis,
        chosen.permit_date,
        chosen.arrival_date,
        chosen.upper_secondary_word,
        chosen.address_protection_code,
        chosen.settled_municipality_code,
        chosen.settled_date,
        chosen.research_reservation_code,
        chosen.registered_date,
        chosen.person_key is not null as is_registered
    from chosen
    full outer join first_starts on chosen.person_key = first_starts.person_key
),

-- The first rule that fits; with neither date known the first start decides, and without one the
-- law is not known.
fitting_laws as (
    select
        persons.person_key,
        rules.legal_regime,
        row_number() over (partition by persons.person_key order by rules.priority) as place
    from persons
    inner join {{ ref('legal_regimes') }} as rules
        on
            (rules.residence_basis is null or persons.residence_basis = rules.residence_basis)
            and (
                coalesce(rules.permit_from, rules.arrival_from, rules.start_from) is null
                or persons.permit_date >= rules.permit_from
                or persons.arrival_date >= rules.arrival_from
                or (
                    persons.permit_date is null
                    and persons.arrival_date is null
                    and persons.first_start_date >= rules.start_from
                )
            )
    where coalesce(persons.permit_date, persons.arrival_date, persons.first_start_date) is not null
),

laws as (
    select
        person_key,
        legal_regime
    from fitting_laws
    where place = 1
),

final as (
    select
        persons.person_key,
        persons.sex,
        persons.birth_date,
        persons.country_of_birth,
        persons.citizenship,
        laws.legal_regime,
        persons.residence_basis,
        persons.permit_date,
        persons.arrival_date,
        case persons.upper_secondary_word when 'ja' then true when 'nei' then false end
            as has_upper_secondary,
        case
            when persons.is_registered
                then
                    coalesce(
                        protections.is_address_protected,
                        persons.address_protection_code is not null
                    )
        end as is_address_protected,
        persons.settled_municipality_code,
        persons.settled_date,
        deaths.death_date,
        case
            when persons.is_registered then coalesce(persons.research_reservation_code = '1', false)
        end
            as is_research_reserved,
        persons.is_registered,
        persons.upper_secondary_word,
        persons.registered_date,
        impossible_deaths.death_date as impossible_death_date
    from persons
    left join laws on persons.person_key = laws.person_key
    left join possible_deaths as deaths
        on persons.person_key = deaths.person_key and deaths.place = 1
    left join impossible_deaths on persons.person_key = impossible_deaths.person_key
    left join {{ ref('address_protections') }} as protections
        on persons.address_protection_code = protections.address_protection_code
)

select * from final
