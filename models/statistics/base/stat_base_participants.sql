-- The persons that the cubes of participants, direct result and hours count, for the metrics.
with final as (
    select
        persons.person_key,
        persons.period,
        persons.period_type,
        periods.first_day as period_start_date,
        {{ counted_place('persons.place_code', 'persons.is_address_protected') }} as place_code,
        coalesce(persons.sex, {{ unknown_code() }}) as sex,
        persons.age_band,
        coalesce(persons.country_of_birth, {{ unknown_code() }}) as country_of_birth,
        persons.legal_regime,
        persons.programme_days,
        persons.measure_days,
        persons.planned_hours,
        cast(
            {{ five_times_hours('persons.planned_hours') }} as decimal(18, 7)
        ) as planned_hours_times_five,
        persons.full_time_judged_count,
        persons.full_time_count,
        persons.is_exit,
        persons.is_work_or_education,
        persons.termination_group
    from {{ ref('fct_participant_periods') }} as persons
    inner join {{ ref('dim_period') }} as periods on persons.period = periods.period
)

select * from final
