-- How many had each type of measure on a programme day of the year? One person can be in several
-- types, so the types do not add up to the participants.
with days as (
    select
        stretches.participation_no,
        types.measure_type,
        periods.period as year
    from {{ ref('int_measure__stretches') }} as stretches
    inner join {{ ref('int_measure__types') }} as types
        on stretches.measure_type_no = types.measure_type_no
    inner join {{ ref('int_time__periods') }} as periods
        on
            stretches.first_day_no <= {{ day_number('periods.last_day') }}
            and stretches.last_day_no >= {{ day_number('periods.first_day') }}
    where
        periods.period_type = 'year'
        and {{ weekdays(
            'greatest(stretches.first_day_no, ' ~ day_number('periods.first_day') ~ ')',
            'least(stretches.last_day_no, ' ~ day_number('periods.last_day') ~ ')') }} > 0
)

select
    days.year,
    types.group_label_nb as measure_group,
    types.label_nb as measure_type,
    count(distinct participations.person_key) as persons
from days
inner join {{ ref('int_participation__accepted') }} as participations
    on days.participation_no = participations.participation_no
inner join {{ ref('dim_measure_type') }} as types on days.measure_type = types.measure_type
group by days.year, types.group_label_nb, types.label_nb, types.sort_order
order by days.year, types.sort_order
