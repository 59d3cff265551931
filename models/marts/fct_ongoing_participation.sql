-- Ongoing participations on the last observed day, with what is registered of the last months
-- (limit of rule C01) up to it.
with ongoing as (
    select
        participations.participation_no,
        participations.participation_id,
        participations.person_key,
        participations.municipality_code,
        participations.start_date,
        vintage.observed_until,
        {{ add_to_date('vintage.observed_until', '-' ~ rule_limit('C01', 'months'), 'month') }}
            as window_start
    from {{ ref('int_participation__accepted') }} as participations
    cross join {{ ref('dim_vintage') }} as vintage
    where participations.is_ongoing
),

measured as (
    select
        participation_no,
        max(last_day_no) as last_day_no
    from {{ ref('int_measure__spells') }}
    group by participation_no
),

-- A day of the window that is no leave.
in_programme as (
    select ongoing.participation_no
    from ongoing
    inner join {{ ref('int_participation__stretches') }} as stretches
        on ongoing.participation_no = stretches.participation_no
    where
        not stretches.is_leave
        and {{ weekdays(
            'greatest(stretches.first_day_no, ' ~ day_number('ongoing.window_start') ~ ')',
            'stretches.last_day_no') }} > 0
        and stretches.last_day_no >= {{ day_number('ongoing.window_start') }}
    group by ongoing.participation_no
),

final as (
    select
        ongoing.participation_id,
        ongoing.person_key,
        ongoing.municipality_code,
        ongoing.start_date,
        ongoing.start_date <= ongoing.window_start as is_older,
        in_programme.participation_no is null as is_on_leave_throughout,
        {{ day_of_number('measured.last_day_no') }} as last_measure_date,
        coalesce(measured.last_day_no >= {{ day_number('ongoing.window_start') }}, false)
            as has_recent_measure,
        case
            when measured.last_day_no is null
                then {{ days_between('ongoing.start_date', 'ongoing.observed_until') }} + 1
            else
                {{ days_between(day_of_number('measured.last_day_no'), 'ongoing.observed_until') }}
        end as days_without_measure,
        ongoing.observed_until
    from ongoing
    left join measured on ongoing.participation_no = measured.participation_no
    left join in_programme on ongoing.participation_no = in_programme.participation_no
)

select * from final
