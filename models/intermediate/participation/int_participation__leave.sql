-- Leave clipped to the days the participation can have; an open end means still on leave.
select
    participations.participation_no,
    {{ day_number('greatest(spells.from_date, participations.start_date)') }} as first_day_no,
    {{ day_number(
        'least(coalesce(spells.to_date, participations.last_day), participations.last_day)') }}
        as last_day_no
from {{ ref('stg_nir__permisjoner') }} as spells
inner join {{ ref('int_participation__accepted') }} as participations
    on spells.participation_id = participations.participation_id
where
    participations.has_begun
    and spells.from_date <= participations.last_day
    and coalesce(spells.to_date, participations.last_day) >= participations.start_date
