with exits as (
    select
        participation_id,
        max(case when period_type = 'year' then period end) as exit_year,
        max(case when period_type = 'half_year' then period end) as exit_half_year
    from {{ ref('int_participation__periods') }}
    where is_exit_of_period
    group by 1
),

final as (
    select
        participations.participation_id,
        participations.person_key,
        participations.municipality_code,
        participations.end_date,
        cast(extract(year from participations.end_date) as integer) as end_year,
        lpad(cast(extract(year from participations.end_date) as {{ dbt.type_string() }}), 4, '0')
        || case when extract(month from participations.end_date) <= 6 then 'H1' else 'H2' end
            as end_half_year,
        participations.termination_reason,
        coalesce(reasons.termination_group, 'ukjent') as termination_group,
        coalesce(groups.is_work_or_education, false) as is_work_or_education,
        participations.termination_source,
        participations.termination_registered_date as registered_date,
        {{ days_between('participations.end_date', 'participations.termination_registered_date') }}
            as registration_lag_days,
        exits.exit_year is not null as is_exit_of_year,
        exits.exit_half_year is not null as is_exit_of_half_year
    from {{ ref('int_participation__accepted') }} as participations
    left join {{ ref('termination_reasons') }} as reasons
        on participations.termination_reason = reasons.termination_reason
    left join {{ ref('termination_groups') }} as groups
        on reasons.termination_group = groups.termination_group
    left join exits on participations.participation_id = exits.participation_id
    where participations.end_date is not null and participations.has_begun
)

select * from final
