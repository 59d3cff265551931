-- Measures clipped to their participation; an open end lasts as long as the participation.
with words as (
    select
        words.measure_word,
        types.measure_type_no
    from {{ ref('measure_words') }} as words
    inner join {{ ref('int_measure__types') }} as types on words.measure_type = types.measure_type
),

unknown as (
    select measure_type_no
    from {{ ref('int_measure__types') }}
    where measure_type = 'ukjent'
)

select
    participations.participation_no,
    coalesce(words.measure_type_no, unknown.measure_type_no) as measure_type_no,
    {{ day_number('greatest(spells.from_date, participations.start_date)') }} as first_day_no,
    {{ day_number(
        'least(coalesce(spells.to_date, participations.last_day), participations.last_day)') }}
        as last_day_no,
    coalesce(spells.hours_per_week, 0) as hours_per_week
from {{ ref('stg_nir__tiltak') }} as spells
inner join {{ ref('int_participation__accepted') }} as participations
    on spells.participation_id = participations.participation_id
left join words on spells.measure_word = words.measure_word
cross join unknown
where
    participations.has_begun
    and spells.from_date <= participations.last_day
    and coalesce(spells.to_date, participations.last_day) >= participations.start_date
