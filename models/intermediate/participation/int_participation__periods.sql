-- The code registered is carried to the one valid on the period's last day.
-- The participation of a person that ends last in a period decides the person's municipality there,
-- and is the person's exit if it ended in the period (IMDi's direct result).
with touched as (
    select
        participations.participation_no,
        participations.participation_id,
        participations.person_key,
        participations.municipality_code,
        participations.end_date,
        participations.ending_order = max(participations.ending_order) over (
            partition by participations.person_key, periods.period
        ) as is_last_in_period,
        periods.period,
        periods.period_type,
        periods.last_day as period_last_day,
        least(participations.last_day, periods.last_day) as last_day_in_period
    from {{ ref('int_participation__accepted') }} as participations
    inner join {{ ref('int_time__periods') }} as periods
        on
            participations.start_date <= periods.last_day
            and participations.last_day >= periods.first_day
),

final as (
    select
        touched.participation_no,
        touched.participation_id,
        touched.person_key,
        touched.period,
        touched.period_type,
        touched.period_last_day,
        touched.last_day_in_period,
        touched.municipality_code,
        {{ registered_code() }} as place_code,
        {{ current_code() }} as period_municipality_code,
        touched.is_last_in_period,
        touched.is_last_in_period and coalesce(touched.end_date <= touched.period_last_day, false)
            as is_exit_of_period
    from touched
    {{ join_successor(
        'touched.municipality_code', 'touched.period_last_day', 'int_geography__successions') }}
)

select * from final
