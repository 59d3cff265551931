-- Absence hours spread evenly over the spell's Mondays to Fridays in the participation. Shares are
-- differences of rounded running totals, so the weeks of a spell add up to its hours exactly.
with spells as (
    select
        absences.absence_id,
        participations.participation_no,
        absences.absence_type,
        absences.hours,
        {{ day_number('absences.from_date') }} as from_day_no,
        {{ day_number('greatest(absences.from_date, participations.start_date)') }} as first_day_no,
        {{ day_number('least(absences.to_date, participations.last_day)') }} as last_day_no,
        {{ day_number('participations.start_date') }} as start_day_no,
        {{ day_number('participations.last_day') }} as end_day_no
    from {{ ref('stg_nir__fravaer') }} as absences
    inner join {{ ref('int_participation__accepted') }} as participations
        on absences.participation_id = participations.participation_id
    where participations.has_begun
),

counted as (
    select
        *,
        case
            when first_day_no <= last_day_no
                then cast({{ weekdays('first_day_no', 'last_day_no') }} as integer)
            else 0
        end as days
    from spells
),

by_week as (
    select
        *,
        {{ each_integer(week_number('first_day_no'), week_number('last_day_no')) }} as week_no
    from counted
    where days > 0
),

running as (
    select
        *,
        cast({{ weekdays('first_day_no', 'least(last_day_no, week_no * 7 + 6)') }} as integer)
            as days_until,
        cast(
            {{ weekdays('first_day_no', 'greatest(week_no * 7 - 1, first_day_no - 1)') }} as integer
        ) as days_before
    from by_week
),

placed as (
    select
        absence_id,
        participation_no,
        week_no,
        absence_type,
        cast(hours * days_until / days as decimal(18, 9))
        - cast(hours * days_before / days as decimal(18, 9)) as hours
    from running
    where days_until > days_before
    union all
    -- A spell without such a day falls whole into the week of its first day, if that week is one of
    -- the participation's.
    select
        absence_id,
        participation_no,
        {{ week_number('from_day_no') }} as week_no,
        absence_type,
        cast(hours as decimal(18, 9)) as hours
    from counted
    where
        days = 0
        and {{ weekdays(
            'greatest(' ~ week_number('from_day_no') ~ ' * 7, start_day_no)',
            'least(' ~ week_number('from_day_no') ~ ' * 7 + 6, end_day_no)') }} > 0
)

select * from placed
