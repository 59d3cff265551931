-- The register's report "Deltakere som har avsluttet introduksjonsprogram".
with ended as (
    select
        ends.end_year,
        ends.municipality_code,
        ends.person_key,
        ends.participation_id,
        ends.end_date,
        ends.termination_reason,
        participations.start_date,
        participations.programme_days,
        participations.measure_days,
        participations.longest_gap_days,
        vintage.observed_until
    from {{ ref('fct_terminations') }} as ends
    inner join {{ ref('fct_participation') }} as participations
        on ends.participation_id = participations.participation_id
    inner join {{ ref('dim_person') }} as persons on ends.person_key = persons.person_key
    cross join {{ ref('dim_vintage') }} as vintage
    where not coalesce(persons.is_address_protected, false)
),

-- A category of the programme before one of Norwegian training, then the latest.
categories as (
    select
        ended.participation_id,
        spells.category
    from ended
    inner join {{ ref('fct_category_spells') }} as spells
        on
            ended.person_key = spells.person_key
            and ended.start_date between spells.from_date and spells.to_date
    qualify row_number() over (
        partition by ended.participation_id
        order by
            case when spells.is_intro then 0 else 1 end,
            spells.from_date desc,
            spells.category_id desc
    ) = 1
),

final as (
    select
        ended.end_year,
        ended.municipality_code,
        {{ current_code() }} as current_municipality_code,
        ended.person_key,
        ended.participation_id,
        categories.category,
        ended.end_date,
        ended.termination_reason,
        ended.termination_reason <> 'ikke_registrert' as has_registered_reason,
        cast(ended.measure_days as double) / nullif(ended.programme_days, 0) as measure_coverage,
        ended.longest_gap_days
    from ended
    left join categories on ended.participation_id = categories.participation_id
    {{ join_successor('ended.municipality_code', 'ended.observed_until') }}
)

select * from final
