-- Person by period, as SSB and IMDi count: the participation that ends last in the period gives the
-- municipality and the exit; days and hours are those of all the person's participations.
with sums as (
    select
        person_key,
        period,
        sum(programme_days) as programme_days,
        sum(leave_days) as leave_days,
        sum(measure_days) as measure_days,
        sum(planned_hours) as planned_hours,
        count(is_full_time) as full_time_judged_count,
        sum(case when is_full_time then 1 else 0 end) as full_time_count
    from {{ ref('fct_participation_periods') }}
    group by person_key, period
),

last_participations as (
    select
        participations.*,
        periods.last_day as period_last_day
    from {{ ref('fct_participation_periods') }} as participations
    inner join {{ ref('dim_period') }} as periods on participations.period = periods.period
    where participations.is_last_in_period
),

exits as (
    select
        participations.participation_id,
        participations.period,
        ends.termination_reason,
        ends.termination_group,
        ends.is_work_or_education,
        reasons.result_group
    from last_participations as participations
    inner join {{ ref('fct_terminations') }} as ends
        on participations.participation_id = ends.participation_id
    inner join {{ ref('dim_termination_reason') }} as reasons
        on ends.termination_reason = reasons.termination_reason
    where participations.is_exit
),

final as (
    select
        participations.person_key,
        participations.period,
        participations.period_type,
        participations.participation_id,
        municipalities.period_municipality_code as municipality_code,
        municipalities.county_code,
        municipalities.reference_municipality_code,
        municipalities.reference_county_code,
        participations.place_code,
        coalesce(persons.is_address_protected, false) as is_address_protected,
        persons.sex,
        cast(
            {{ completed_years('persons.birth_date', 'participations.period_last_day') }} as integer
        ) as age,
        coalesce(age_bands.age_band, 'other') as age_band,
        persons.country_of_birth,
        persons.legal_regime,
        cast(sums.programme_days as integer) as programme_days,
        cast(sums.leave_days as integer) as leave_days,
        cast(sums.measure_days as integer) as measure_days,
        cast(sums.planned_hours as decimal(18, 7)) as planned_hours,
        {{ hours_per_week('sums.planned_hours', 'sums.programme_days') }} as hours_per_week,
        cast(sums.full_time_judged_count as integer) as full_time_judged_count,
        cast(sums.full_time_count as integer) as full_time_count,
        participations.is_exit,
        exits.termination_reason,
        exits.termination_group,
        exits.is_work_or_education,
        exits.result_group
    from last_participations as participations
    inner join sums
        on
            participations.person_key = sums.person_key
            and participations.period = sums.period
    inner join {{ ref('dim_person') }} as persons on participations.person_key = persons.person_key
    {{ join_age_band('persons.birth_date', 'participations.period_last_day') }}
    inner join {{ ref('dim_municipality_period') }} as municipalities
        on
            participations.place_code = municipalities.municipality_code
            and participations.period = municipalities.period
    left join exits
        on
            participations.participation_id = exits.participation_id
            and participations.period = exits.period
)

select * from final
