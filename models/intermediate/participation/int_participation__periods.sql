-- The participation of a person that ends last in a period decides the person's municipality there,
-- and is the person's exit if it ended in the period (IMDi's direct result).
with touched as (
    select
        participations.participation_id,
        participations.person_key,
        participations.municipality_code,
        participations.start_date,
        participations.end_date,
        periods.period,
        periods.period_type,
        periods.last_day as period_last_day,
    from {{ ref('int_participation__accepted') }} as participations
    inner join {{ ref('int_time__periods') }} as periods
        on
            participations.start_date <= periods.last_day
            and participations.last_day >= periods.first_day
),

ranked as (
    select
        *,
        row_number() over (
            partition by person_key, period
            order by
                coalesce(end_date, date '9999-12-31') desc,
                start_date desc,
                participation_id desc
        ) as place,
    from touched
),

final as (
    select
        participation_id,
        person_key,
        municipality_code,
        period,
        period_type,
        period_last_day,
        place = 1 as is_last_in_period,
        place = 1 and coalesce(end_date <= period_last_day, false) as is_exit_of_period,
    from ranked
)

select * from final
