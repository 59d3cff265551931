-- A figure is shown where the participants of its region and sex are and enough persons are behind
-- it; by sex, for both sexes or for none.
with participants as (
    select
        release,
        period,
        region_set,
        region_type,
        region_code,
        sex,
        sign
    from {{ source('protected_cells', 'participants') }}
    where age_band = {{ total_code() }}
),

measures as (
    select 'hours_per_week' as measure
    union all
    select 'full_time_percent' as measure
    union all
    select 'measure_days_percent' as measure
),

figures as (
    select
        participants.release,
        participants.period,
        participants.region_set,
        participants.region_type,
        participants.region_code,
        participants.sex,
        measures.measure,
        figures.value,
        participants.sign as sign_of_participants,
        participants.sign = ''
        and {{ enough_persons('figures.persons') }} as is_shown
    from participants
    cross join measures
    left join {{ ref('stat_hours') }} as figures
        on
            participants.period = figures.period
            and participants.region_set = figures.region_set
            and participants.region_type = figures.region_type
            and participants.region_code = figures.region_code
            and participants.sex = figures.sex
            and measures.measure = figures.measure
),

by_both_or_none as (
    select
        *,
        min(case when is_shown then 1 else 0 end) over (
            partition by release, region_set, region_code, measure, sex = {{ total_code() }}
        ) = 1 as is_shown_for_all
    from figures
),

final as (
    select
        release,
        period,
        region_set,
        region_type,
        region_code,
        sex,
        measure,
        case when is_shown_for_all then value end as value,
        case
            when sign_of_participants = '...' then '...'
            when not is_shown_for_all then ':'
            when value is null then '.'
            else ''
        end as sign
    from by_both_or_none
)

select
    release,
    period,
    region_set,
    region_type,
    region_code,
    sex,
    measure,
    value,
    cast(sign as {{ dbt.type_string() }}) as sign
from final
