with stretches as (
    select
        stretches.participation_no,
        types.measure_type_no,
        stretches.first_day_no,
        stretches.last_day_no,
        stretches.hours_per_week
    from {{ ref('int_measure__stretches') }} as stretches
    inner join {{ ref('int_measure__types') }} as types
        on stretches.measure_type = types.measure_type
),

final as (
    {{ weeks_of_stretches(
        'stretches',
        ['participation_no', 'measure_type_no'],
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
)

select
    participation_no,
    week_no,
    measure_type_no,
    measure_days,
    planned_hours
from final
