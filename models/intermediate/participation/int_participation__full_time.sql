-- The law on the period's last day of participation decides; where a measure in the period needs
-- much own preparation the law asks for fewer hours.
with by_period as (
    select
        participation_no,
        {{ half_year_of_number('half_year_no') }} as period,
        'half_year' as period_type,
        {{ add_to_date(first_day_of_half_year('(half_year_no + 1)'), -1, 'day') }}
            as period_last_day,
        programme_days,
        measure_days,
        planned_hours
    from {{ ref('int_participation__half_years') }}
    union all
    select
        participation_no,
        lpad(cast({{ whole_division('half_year_no', 2) }} as {{ dbt.type_string() }}), 4, '0')
            as period,
        'year' as period_type,
        {{ dbt.date(whole_division('half_year_no', 2), 12, 31) }} as period_last_day,
        cast(sum(programme_days) as integer) as programme_days,
        cast(sum(measure_days) as integer) as measure_days,
        cast(sum(planned_hours) as decimal(18, 7)) as planned_hours
    from {{ ref('int_participation__half_years') }}
    group by participation_no, period, period_last_day
),

measures as (
    select
        participation_no,
        measure_type,
        {{ half_year_of_number('half_year_no') }} as period
    from {{ ref('int_measure__half_years') }}
    union
    select
        participation_no,
        measure_type,
        lpad(cast({{ whole_division('half_year_no', 2) }} as {{ dbt.type_string() }}), 4, '0')
            as period
    from {{ ref('int_measure__half_years') }}
),

dated as (
    select
        by_period.*,
        participations.legal_regime,
        least(participations.last_day, by_period.period_last_day) as event_date
    from by_period
    inner join {{ ref('int_participation__accepted') }} as participations
        on by_period.participation_no = participations.participation_no
),

required as (
    select
        dated.participation_no,
        dated.period,
        min(laws.hours_per_week) as required_hours
    from dated
    inner join {{ ref('law_full_time') }} as laws
        on
            dated.legal_regime = laws.legal_regime
            and dated.event_date >= coalesce(laws.valid_from, date '0001-01-01')
            and dated.event_date < coalesce(laws.valid_to, date '9999-12-31')
    left join measures
        on
            dated.participation_no = measures.participation_no
            and dated.period = measures.period
            and laws.measure_type = measures.measure_type
    where laws.measure_type is null or measures.measure_type is not null
    group by dated.participation_no, dated.period
),

final as (
    select
        dated.participation_no,
        dated.period,
        dated.period_type,
        dated.event_date,
        dated.programme_days,
        dated.measure_days,
        dated.planned_hours,
        required.required_hours,
        dated.programme_days >= {{ rule_limit('C08', 'programme_days') }}
        and required.required_hours is not null as is_judged,
        coalesce(
            5 * dated.planned_hours >= required.required_hours * dated.programme_days, false
        ) as is_full_time
    from dated
    left join required
        on
            dated.participation_no = required.participation_no
            and dated.period = required.period
)

select * from final
