-- The figures people ask for first, for the country, by year. Two definitions of a result stand
-- side by side and are never reconciled: IMDi's direct result of the year's exits, and SSB's status
-- one year after.
with participants as (
    select
        cast(periods.period as integer) as year,
        count(*) as participants,
        sum(case when persons.sex = '1' then 1 else 0 end) as men,
        sum(case when persons.sex = '2' then 1 else 0 end) as women,
        sum(case when periods.is_exit_of_period then 1 else 0 end) as exits
    from {{ ref('int_participation__periods') }} as periods
    inner join {{ ref('dim_person') }} as persons on periods.person_key = persons.person_key
    where periods.period_type = 'year' and periods.is_last_in_period
    group by 1
),

direct_results as (
    select
        end_year as year,
        count(*) as exits_to_work_or_education
    from {{ ref('fct_terminations') }}
    where is_exit_of_year and is_work_or_education
    group by 1
),

statuses as (
    select
        status_year as year,
        count(*) as former_participants,
        sum(case when status_group = '1' then 1 else 0 end) as in_work_or_education,
        bool_or(is_preliminary) as is_status_preliminary,
        bool_and(has_status_source) as has_status_source,
        bool_and(has_income_source) as has_income_source
    from {{ ref('fct_one_year_status') }}
    where years_after = 1 and is_resident
    group by 1
),

counts as (
    select
        coalesce(participants.year, statuses.year) as year,
        coalesce(participants.participants, 0) as participants,
        coalesce(participants.men, 0) as men,
        coalesce(participants.women, 0) as women,
        coalesce(participants.exits, 0) as exits,
        coalesce(direct_results.exits_to_work_or_education, 0) as exits_to_work_or_education,
        statuses.former_participants,
        statuses.in_work_or_education,
        statuses.is_status_preliminary,
        statuses.has_status_source,
        statuses.has_income_source
    from participants
    left join direct_results on participants.year = direct_results.year
    full outer join statuses on participants.year = statuses.year
),

final as (
    select
        cast(year as integer) as year,
        participants,
        cast(men as bigint) as men,
        cast(women as bigint) as women,
        cast(exits as bigint) as exits,
        exits_to_work_or_education,
        {{ percent('exits_to_work_or_education', 'exits') }} as direct_result_percent,
        former_participants,
        cast(in_work_or_education as bigint) as in_work_or_education,
        case
            when has_income_source
                then {{ percent('in_work_or_education', 'former_participants') }}
        end as status_percent,
        is_status_preliminary,
        has_status_source,
        has_income_source
    from counts
)

select * from final
