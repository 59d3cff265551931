with days as (
    select
        participation_id,
        sum(programme_days) as programme_days,
        sum(leave_days) as leave_days,
        sum(measure_days) as measure_days,
        sum(planned_hours) as planned_hours
    from {{ ref('fct_participation_periods') }}
    where period_type = 'year'
    group by participation_id
),

gaps as (
    select
        participation_no,
        max(gap_days) as longest_gap_days
    from {{ ref('int_participation__gaps') }}
    group by participation_no
),

absences as (
    select
        participation_no,
        sum(case when absence_type = 'gyldig' then hours else 0 end) as absence_hours_valid,
        sum(case when absence_type = 'ugyldig' then hours else 0 end) as absence_hours_invalid
    from {{ ref('int_absence__weeks') }}
    group by participation_no
),

final as (
    select
        participations.participation_id,
        participations.person_key,
        participations.decision_id,
        participations.municipality_code,
        participations.legal_regime,
        participations.start_date,
        participations.end_date,
        participations.is_ongoing,
        participations.termination_reason,
        participations.final_goal,
        cast(coalesce(days.programme_days, 0) as integer) as programme_days,
        cast(coalesce(days.leave_days, 0) as integer) as leave_days,
        cast(coalesce(days.measure_days, 0) as integer) as measure_days,
        cast(coalesce(days.planned_hours, 0) as decimal(18, 7)) as planned_hours,
        {{ hours_per_week('days.planned_hours', 'days.programme_days') }} as hours_per_week,
        cast(coalesce(absences.absence_hours_valid, 0) as decimal(18, 9)) as absence_hours_valid,
        cast(coalesce(absences.absence_hours_invalid, 0) as decimal(18, 9))
            as absence_hours_invalid,
        participations.registered_date,
        {{ days_between('participations.start_date', 'participations.registered_date') }}
            as registration_lag_days,
        cast(coalesce(gaps.longest_gap_days, 0) as integer) as longest_gap_days
    from {{ ref('int_participation__accepted') }} as participations
    left join days on participations.participation_id = days.participation_id
    left join gaps on participations.participation_no = gaps.participation_no
    left join absences on participations.participation_no = absences.participation_no
)

select * from final
