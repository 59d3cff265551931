-- The code registered is carried forward to the one valid on the period's last day.
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
        periods.last_day as period_last_day
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
        ) as place
    from touched
),

final as (
    select
        ranked.participation_id,
        ranked.person_key,
        ranked.period,
        ranked.period_type,
        ranked.period_last_day,
        ranked.municipality_code,
        coalesce(successions.current_code, ranked.municipality_code) as period_municipality_code,
        ranked.place = 1 as is_last_in_period,
        ranked.place = 1 and coalesce(ranked.end_date <= ranked.period_last_day, false)
            as is_exit_of_period
    from ranked
    left join {{ ref('int_geography__successions') }} as successions
        on
            ranked.municipality_code = successions.municipality_code
            and ranked.period_last_day >= successions.from_date
            and ranked.period_last_day < successions.until_date
)

select * from final
