-- The figures people ask for first, for the country, by year. Two definitions of a result stand side by
-- side and are never reconciled: IMDi's direct result of the year's exits, SSB's status one year after.
with participants as (
    select
        cast(periods.period as integer) as year,
        count(*) as participants,
        count(*) filter (where persons.sex = '1') as men,
        count(*) filter (where persons.sex = '2') as women,
        count(*) filter (where periods.is_exit_of_period) as exits,
    from {{ ref('int_participation__periods') }} as periods
    inner join {{ ref('dim_person') }} as persons on periods.person_key = persons.person_key
    where periods.period_type = 'year' and periods.is_last_in_period
    group by 1
),

direct_results as (
    select
        end_year as year,
        count(*) as exits_to_work_or_education,
    from {{ ref('fct_terminations') }}
    where is_exit_of_year and is_work_or_education
    group by 1
),

statuses as (
    select
        status_year as year,
        count(*) as former_participants,
        count(*) filter (where status_group = '1') as in_work_or_education,
        bool_or(is_preliminary) as is_status_preliminary,
        bool_and(has_status_source) as has_status_source,
    from {{ ref('fct_one_year_status') }}
    where years_after = 1 and is_resident
    group by 1
),

final as (
    select
        participants.year,
        participants.participants,
        participants.men,
        participants.women,
        participants.exits,
        coalesce(direct_results.exits_to_work_or_education, 0) as exits_to_work_or_education,
        {{ percent('coalesce(direct_results.exits_to_work_or_education, 0)', 'participants.exits') }}
            as direct_result_percent,
        statuses.former_participants,
        statuses.in_work_or_education,
        {{ percent('statuses.in_work_or_education', 'statuses.former_participants') }}
            as status_percent,
        statuses.is_status_preliminary,
        statuses.has_status_source,
    from participants
    left join direct_results on participants.year = direct_results.year
    left join statuses on participants.year = statuses.year
)

select * from final
