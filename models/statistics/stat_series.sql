-- The country's figures by sex and period, taken from the cubes: each is defined in one of them.
with cubes as (
    select
        period,
        period_type,
        region_set,
        region_type,
        sex,
        measure,
        value,
        persons
    from {{ ref('stat_participants') }}
    where age_band = {{ total_code() }} and measure = 'participants'
    union all
    select
        period,
        period_type,
        region_set,
        region_type,
        sex,
        measure,
        value,
        persons
    from {{ ref('stat_hours') }}
    union all
    select
        period,
        period_type,
        region_set,
        region_type,
        sex,
        'exits' as measure,
        value,
        persons
    from {{ ref('stat_direct_result_2') }}
    where result_group = {{ total_code() }} and measure = 'exits'
    union all
    select
        period,
        period_type,
        region_set,
        region_type,
        sex,
        'direct_result_percent' as measure,
        value,
        persons
    from {{ ref('stat_direct_result_2') }}
    where result_group = 'arbutd' and measure = 'percent'
    union all
    select
        period,
        period_type,
        region_set,
        region_type,
        sex,
        measure,
        value,
        persons
    from {{ ref('stat_benefit') }}
    where age_band = {{ total_code() }}
    union all
    select
        period,
        period_type,
        region_set,
        region_type,
        sex,
        measure,
        value,
        persons
    from {{ ref('stat_status') }}
    where
        years_after = '1'
        and status_group = {{ total_code() }}
        and measure = 'former_participants'
    union all
    select
        period,
        period_type,
        region_set,
        region_type,
        sex,
        'status_percent' as measure,
        value,
        persons
    from {{ ref('stat_status') }}
    where years_after = '1' and status_group = '1' and measure = 'percent'
),

final as (
    select
        period,
        period_type,
        sex,
        measure,
        value,
        persons
    from cubes
    where region_set = 'at_the_time' and region_type = 'country'
)

select * from final
