-- Measures clipped to their participation; an open end lasts as long as the participation.
select
    participations.participation_no,
    coalesce(words.measure_type, 'ukjent') as measure_type,
    {{ day_number('greatest(spells.from_date, participations.start_date)') }} as first_day_no,
    {{ day_number(
        'least(coalesce(spells.to_date, participations.last_day), participations.last_day)') }}
        as last_day_no,
    coalesce(spells.hours_per_week, 0) as hours_per_week
from {{ ref('stg_nir__tiltak') }} as spells
inner join {{ ref('int_participation__accepted') }} as participations
    on spells.participation_id = participations.participation_id
left join {{ ref('measure_words') }} as words on spells.measure_word = words.measure_word
where
    participations.has_begun
    and spells.from_date <= participations.last_day
    and coalesce(spells.to_date, participations.last_day) >= participations.start_date
