with weeks as (
    {{ weeks_of_stretches(
        ref('int_measure__stretches'),
        ['participation_no', 'measure_type'],
        [
            {'name': 'measure_days', 'type': 'integer', 'whole': '5', 'part': '<days>'},
            {
                'name': 'planned_hours',
                'type': 'decimal(18, 7)',
                'whole': 'hours_per_week',
                'part': 'hours_per_week * <days> * 0.2',
            },
        ],
    ) }}
),

final as (
    select
        participations.participation_id,
        participations.person_key,
        participations.municipality_code,
        {{ day_of_number('weeks.week_no * 7') }} as week_start,
        weeks.measure_type,
        weeks.measure_days,
        weeks.planned_hours
    from weeks
    inner join {{ ref('int_participation__accepted') }} as participations
        on weeks.participation_no = participations.participation_no
)

select * from final
