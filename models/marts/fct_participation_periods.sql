-- Participations by touch, days and hours by day: a period that a participation touches on a
-- weekend alone has a row without days. A year is the sum of its half-years.
with stretches as (
    {{ cut_by_half_year(
        ref('int_participation__stretches'),
        ['participation_no', 'is_leave', 'has_measure', 'hours_per_week'],
    ) }}
),

half_years as (
    select
        participation_no,
        half_year as period,
        sum(case when is_leave then 0 else days end) as programme_days,
        sum(case when is_leave then days else 0 end) as leave_days,
        sum(case when has_measure then days else 0 end) as measure_days,
        sum({{ planned_hours('hours_per_week', 'days') }}) as planned_hours
    from stretches
    group by participation_no, half_year
),

days as (
    select * from half_years
    union all
    select
        participation_no,
        substr(period, 1, 4) as period,
        sum(programme_days) as programme_days,
        sum(leave_days) as leave_days,
        sum(measure_days) as measure_days,
        sum(planned_hours) as planned_hours
    from half_years
    group by participation_no, substr(period, 1, 4)
),

types as (
    select
        participation_no,
        period,
        {{ dbt.listagg('measure_type', "', '", 'order by measure_type') }} as measure_types
    from {{ ref('int_measure__period_days') }}
    group by participation_no, period
),

counted as (
    select
        periods.*,
        coalesce(days.programme_days, 0) as programme_days,
        coalesce(days.leave_days, 0) as leave_days,
        coalesce(days.measure_days, 0) as measure_days,
        coalesce(days.planned_hours, 0) as planned_hours,
        required.required_hours,
        types.measure_types
    from {{ ref('int_participation__periods') }} as periods
    left join days
        on
            periods.participation_no = days.participation_no
            and periods.period = days.period
    left join {{ ref('int_participation__required_hours') }} as required
        on
            periods.participation_no = required.participation_no
            and periods.period = required.period
    left join types
        on
            periods.participation_no = types.participation_no
            and periods.period = types.period
),

judged as (
    select
        *,
        {{ five_times_hours('planned_hours') }} >= required_hours * programme_days
            as has_required_hours
    from counted
),

final as (
    select
        participation_id,
        person_key,
        period,
        period_type,
        cast(programme_days as integer) as programme_days,
        cast(leave_days as integer) as leave_days,
        cast(measure_days as integer) as measure_days,
        cast(planned_hours as decimal(18, 7)) as planned_hours,
        {{ hours_per_week('planned_hours', 'programme_days') }} as hours_per_week,
        required_hours,
        has_required_hours,
        case
            when programme_days >= {{ rule_limit('C08', 'programme_days') }} then has_required_hours
        end as is_full_time,
        last_day_in_period,
        period_municipality_code as municipality_code,
        place_code,
        measure_types,
        is_last_in_period,
        is_exit_of_period as is_exit
    from judged
)

select * from final
