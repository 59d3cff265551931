with weeks as (
    {{ weeks_of_stretches(
        ref('int_participation__stretches'),
        ['participation_no'],
        [
            {
                'name': 'programme_days',
                'type': 'integer',
                'whole': 'case when is_leave then 0 else 5 end',
                'part': 'case when is_leave then 0 else <days> end',
            },
            {
                'name': 'leave_days',
                'type': 'integer',
                'whole': 'case when is_leave then 5 else 0 end',
                'part': 'case when is_leave then <days> else 0 end',
            },
            {
                'name': 'measure_days',
                'type': 'integer',
                'whole': 'case when has_measure then 5 else 0 end',
                'part': 'case when has_measure then <days> else 0 end',
            },
            {
                'name': 'planned_hours',
                'type': 'decimal(18, 7)',
                'whole': 'hours_per_week',
                'part': planned_hours('hours_per_week', '<days>'),
            },
        ],
    ) }}
),

absences as (
    select
        participation_no,
        week_no,
        sum(case when absence_type = 'gyldig' then hours else 0 end) as absence_hours_valid,
        sum(case when absence_type = 'ugyldig' then hours else 0 end) as absence_hours_invalid
    from {{ ref('int_absence__weeks') }}
    group by participation_no, week_no
),

final as (
    select
        weeks.participation_no,
        weeks.week_no,
        weeks.programme_days,
        weeks.leave_days,
        weeks.measure_days,
        weeks.planned_hours,
        cast(coalesce(absences.absence_hours_valid, 0) as decimal(18, 9)) as absence_hours_valid,
        cast(coalesce(absences.absence_hours_invalid, 0) as decimal(18, 9)) as absence_hours_invalid
    from weeks
    left join absences
        on
            weeks.participation_no = absences.participation_no
            and weeks.week_no = absences.week_no
)

select * from final
