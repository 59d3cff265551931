-- C09: one person has no two participations on the same day.
with begun as (
    select * from {{ ref('int_participation__accepted') }}
    where has_begun
),

shared as (
    select
        begun.participation_no,
        min(other.participation_id) as other_participation_id,
        min(greatest(begun.start_date, other.start_date)) as first_shared_day
    from begun
    inner join begun as other
        on
            begun.person_key = other.person_key
            and begun.participation_no <> other.participation_no
            and begun.start_date <= other.last_day
            and begun.last_day >= other.start_date
    group by begun.participation_no
),

final as (
    select
        'C09' as rule_id,
        'participation' as unit_type,
        begun.participation_id as unit_id,
        begun.person_key,
        begun.participation_id,
        begun.municipality_code,
        begun.legal_regime,
        begun.is_address_protected,
        begun.last_day as event_date,
        true as is_applicable,
        shared.participation_no is not null as is_finding,
        'Samtidig med deltakelse ' || shared.other_participation_id
        || ' fra ' || {{ date_text('shared.first_shared_day') }} as detail
    from begun
    left join shared on begun.participation_no = shared.participation_no
)

select * from final
