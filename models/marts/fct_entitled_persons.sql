-- Who the municipality has to offer the programme, or may, on the last observed day. Of several
-- categories in one municipality the latest counts.
with intro_spells as (
    select
        spells.person_key,
        spells.municipality_code,
        spells.category_id,
        spells.category,
        spells.from_date,
        vintage.observed_until
    from {{ ref('fct_category_spells') }} as spells
    inner join {{ ref('dim_vintage') }} as vintage
        on vintage.observed_until between spells.from_date and spells.to_date
    where spells.is_intro
    qualify row_number() over (
        partition by spells.person_key, spells.municipality_code
        order by spells.from_date desc, spells.category_id desc
    ) = 1
),

decided as (
    select person_key from {{ ref('fct_decisions') }}
    group by person_key
),

final as (
    select
        spells.person_key,
        spells.municipality_code,
        spells.category_id,
        spells.category,
        spells.from_date as category_from,
        spells.observed_until,
        {{ days_between('spells.from_date', 'spells.observed_until') }} + 1 as days_in_category,
        decided.person_key is not null as has_decision,
        persons.legal_regime,
        coalesce(persons.is_address_protected, false) as is_address_protected
    from intro_spells as spells
    left join {{ ref('dim_person') }} as persons
        on spells.person_key = persons.person_key
    left join decided on spells.person_key = decided.person_key
    where coalesce(persons.death_date >= spells.observed_until, true)
)

select * from final
