-- The law on the last day of participation in the period decides; where a measure in the period
-- needs much own preparation, full time is fewer hours.
with periods as (
    select
        periods.participation_no,
        periods.period,
        periods.last_day_in_period,
        participations.legal_regime
    from {{ ref('int_participation__periods') }} as periods
    inner join {{ ref('int_participation__accepted') }} as participations
        on periods.participation_no = participations.participation_no
),

final as (
    select
        periods.participation_no,
        periods.period,
        min(laws.hours_per_week) as required_hours
    from periods
    inner join {{ ref('law_full_time') }} as laws
        on
            periods.legal_regime = laws.legal_regime
            and periods.last_day_in_period >= coalesce(laws.valid_from, date '0001-01-01')
            and periods.last_day_in_period < coalesce(laws.valid_to, date '9999-12-31')
    left join {{ ref('int_measure__period_days') }} as measures
        on
            periods.participation_no = measures.participation_no
            and periods.period = measures.period
            and laws.measure_type = measures.measure_type
    where laws.measure_type is null or measures.measure_type is not null
    group by periods.participation_no, periods.period
)

select * from final
