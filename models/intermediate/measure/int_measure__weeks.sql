with final as (
    {{ weeks_of_stretches(
        ref('int_measure__stretches'),
        ['participation_no', 'measure_type_no'],
        [
            {'name': 'measure_days', 'type': 'integer', 'whole': '5', 'part': '<days>'},
            {
                'name': 'planned_hours',
                'type': 'decimal(18, 7)',
                'whole': 'hours_per_week',
                'part': planned_hours('hours_per_week', '<days>'),
            },
        ],
    ) }}
)

select
    participation_no,
    week_no,
    measure_type_no,
    measure_days,
    planned_hours
from final
