-- The register's report "Deltakere som har avsluttet introduksjonsprogram".
with ended as (
    select
        participations.*,
        vintage.observed_until
    from {{ ref('int_participation__accepted') }} as participations
    cross join {{ ref('int_time__vintage') }} as vintage
    where
        participations.has_begun
        and participations.end_date is not null
        and not participations.is_address_protected
),

-- A category of the programme before one of Norwegian training, then the latest.
categories as (
    select
        ended.participation_no,
        spells.category
    from ended
    inner join {{ ref('int_category__spells') }} as spells
        on
            ended.person_key = spells.person_key
            and ended.start_date between spells.from_date and spells.to_date
    qualify row_number() over (
        partition by ended.participation_no
        order by
            case when spells.is_intro then 0 else 1 end,
            spells.from_date desc,
            spells.category_id desc
    ) = 1
),

days as (
    select
        participation_no,
        sum(programme_days) as programme_days,
        sum(measure_days) as measure_days
    from {{ ref('int_participation__half_years') }}
    group by participation_no
),

gaps as (
    select
        participation_no,
        max(gap_days) as longest_gap_days
    from {{ ref('int_participation__gaps') }}
    group by participation_no
),

final as (
    select
        cast(extract(year from ended.end_date) as integer) as end_year,
        ended.municipality_code,
        coalesce(successions.current_code, ended.municipality_code) as current_municipality_code,
        ended.person_key,
        ended.participation_id,
        categories.category,
        ended.end_date,
        ended.termination_reason,
        ended.termination_reason <> 'ikke_registrert' as has_registered_reason,
        cast(days.measure_days as double) / nullif(days.programme_days, 0) as measure_coverage,
        coalesce(gaps.longest_gap_days, 0) as longest_gap_days
    from ended
    left join categories on ended.participation_no = categories.participation_no
    left join days on ended.participation_no = days.participation_no
    left join gaps on ended.participation_no = gaps.participation_no
    {{ join_successor('ended.municipality_code', 'ended.observed_until') }}
)

select * from final
