-- The figures people ask for first, for the country, by year. Two definitions of a result are shown
-- side by side and never reconciled: IMDi's direct result of the year's exits, and SSB's status one
-- year after.
with participants as (
    select
        cast(period as integer) as year,
        count(*) as participants,
        sum(case when sex = '1' then 1 else 0 end) as men,
        sum(case when sex = '2' then 1 else 0 end) as women,
        sum(case when is_exit then 1 else 0 end) as exits,
        sum(case when is_work_or_education then 1 else 0 end) as exits_to_work_or_education
    from {{ ref('fct_participant_periods') }}
    where period_type = 'year'
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
        coalesce(participants.exits_to_work_or_education, 0) as exits_to_work_or_education,
        statuses.former_participants,
        statuses.in_work_or_education,
        statuses.is_status_preliminary,
        statuses.has_status_source,
        statuses.has_income_source
    from participants
    full outer join statuses on participants.year = statuses.year
),

final as (
    select
        cast(year as integer) as year,
        participants,
        cast(men as bigint) as men,
        cast(women as bigint) as women,
        cast(exits as bigint) as exits,
        cast(exits_to_work_or_education as bigint) as exits_to_work_or_education,
        cast(
            {{ percent('exits_to_work_or_education', 'exits') }} as decimal(9, 0)
        ) as direct_result_percent,
        former_participants,
        cast(in_work_or_education as bigint) as in_work_or_education,
        cast(
            case
                when has_income_source
                    then {{ percent('in_work_or_education', 'former_participants') }}
            end as decimal(9, 0)
        ) as status_percent,
        is_status_preliminary,
        has_status_source,
        has_income_source
    from counts
)

select * from final
