-- The reference date is 30 November of the status year (SSB, table 10824).
with cohort as (
    select * from {{ ref('int_status__cohort') }}
),

residences_held as (
    select
        cohort.person_key,
        cohort.status_year,
        spells.municipality_code,
        spells.is_in_municipality,
        row_number() over (
            partition by cohort.person_key, cohort.status_year
            order by spells.from_date desc, spells.residence_id desc
        ) as place
    from cohort
    inner join {{ ref('int_status__residences') }} as spells
        on
            cohort.person_key = spells.person_key
            and cohort.reference_date between spells.from_date and spells.to_date
),

residences as (
    select
        person_key,
        status_year,
        municipality_code
    from residences_held
    where place = 1 and is_in_municipality
),

-- Everything that holds on the reference date: one row per person, year and status.
found as (
    select
        cohort.person_key,
        cohort.status_year,
        coalesce(words.status_code, '80') as status_code
    from cohort
    inner join {{ ref('int_status__signals') }} as signals
        on
            cohort.person_key = signals.person_key
            and cohort.reference_date between signals.from_date and signals.to_date
    left join {{ ref('status_signals') }} as words on signals.signal = words.signal
    union all
    select
        cohort.person_key,
        cohort.status_year,
        '11' as status_code
    from cohort
    inner join {{ ref('int_status__november_wages') }} as wages
        on
            cohort.person_key = wages.person_key
            and cohort.status_year = wages.income_year
    where wages.amount > 0
),

with_both as (
    select
        person_key,
        status_year,
        status_code
    from found
    union all
    select
        person_key,
        status_year,
        '15' as status_code
    from found
    where status_code in ('11', '05')
    group by 1, 2
    having count(distinct status_code) = 2
),

ranked as (
    select
        with_both.person_key,
        with_both.status_year,
        with_both.status_code,
        row_number() over (
            partition by with_both.person_key, with_both.status_year
            order by statuses.priority
        ) as place
    from with_both
    inner join {{ ref('statuses') }} as statuses on with_both.status_code = statuses.status_code
),

first_match as (
    select
        person_key,
        status_year,
        status_code
    from ranked
    where place = 1
),

judged as (
    select
        cohort.*,
        residences.municipality_code as spell_municipality_code,
        residences.person_key is not null
        and coalesce(persons.death_date >= cohort.reference_date, true) as is_resident,
        coalesce(first_match.status_code, '08') as status_code
    from cohort
    left join residences
        on
            cohort.person_key = residences.person_key
            and cohort.status_year = residences.status_year
    left join {{ ref('int_person__persons') }} as persons on cohort.person_key = persons.person_key
    left join first_match
        on
            cohort.person_key = first_match.person_key
            and cohort.status_year = first_match.status_year
),

final as (
    select
        judged.person_key,
        judged.exit_year,
        judged.status_year,
        judged.years_after,
        judged.municipality_code,
        case when judged.is_resident then judged.spell_municipality_code end
            as residence_municipality_code,
        judged.is_resident,
        case when judged.is_resident then judged.status_code end as status_code,
        case when judged.is_resident then statuses.status_group end as status_group,
        judged.is_preliminary,
        judged.has_status_source,
        income_years.income_year is not null as has_income_source
    from judged
    -- Without the income reported for that November no one is known to be employed.
    left join {{ ref('int_status__income_years') }} as income_years
        on judged.status_year = income_years.income_year
    inner join {{ ref('statuses') }} as statuses on judged.status_code = statuses.status_code
)

select * from final
