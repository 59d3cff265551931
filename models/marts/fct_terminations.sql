with exits as (
    select
        participation_id,
        max(case when period_type = 'year' then period end) as exit_year,
        max(case when period_type = 'half_year' then period end) as exit_half_year
    from {{ ref('fct_participation_periods') }}
    where is_exit
    group by participation_id
),

final as (
    select
        participations.participation_id,
        participations.person_key,
        participations.municipality_code,
        participations.end_date,
        cast(extract(year from participations.end_date) as integer) as end_year,
        {{ half_year_of('participations.end_date') }} as end_half_year,
        participations.termination_reason,
        reasons.termination_group,
        reasons.is_work_or_education,
        participations.termination_source,
        participations.termination_registered_date as registered_date,
        {{ days_between('participations.end_date', 'participations.termination_registered_date') }}
            as registration_lag_days,
        exits.exit_year is not null as is_exit_of_year,
        exits.exit_half_year is not null as is_exit_of_half_year
    from {{ ref('int_participation__accepted') }} as participations
    inner join {{ ref('dim_termination_reason') }} as reasons
        on participations.termination_reason = reasons.termination_reason
    left join exits on participations.participation_id = exits.participation_id
    where participations.end_date is not null and participations.has_begun
)

select * from final
