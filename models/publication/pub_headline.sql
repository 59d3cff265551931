-- Of the release's own period every figure is the one of its cube, hidden where that is.
with own as (
    select
        release,
        period,
        region_set,
        region_type,
        region_code,
        sex,
        measure,
        value,
        sign
    from {{ ref('pub_participants') }}
    where age_band = {{ total_code() }} and measure = 'participants'
    union all
    select
        release,
        period,
        region_set,
        region_type,
        region_code,
        sex,
        measure,
        value,
        sign
    from {{ ref('pub_hours') }}
    union all
    select
        release,
        period,
        region_set,
        region_type,
        region_code,
        sex,
        'exits' as measure,
        value,
        sign
    from {{ ref('pub_direct_result_2') }}
    where result_group = {{ total_code() }} and measure = 'exits'
    union all
    select
        release,
        period,
        region_set,
        region_type,
        region_code,
        sex,
        'direct_result_percent' as measure,
        value,
        sign
    from {{ ref('pub_direct_result_2') }}
    where result_group = 'arbutd' and measure = 'percent'
    union all
    select
        release,
        period,
        region_set,
        region_type,
        region_code,
        sex,
        measure,
        value,
        sign
    from {{ ref('pub_benefit') }}
    where age_band = {{ total_code() }}
    union all
    select
        release,
        period,
        region_set,
        region_type,
        region_code,
        sex,
        measure,
        value,
        sign
    from {{ ref('pub_status') }}
    where
        years_after = '1'
        and status_group = {{ total_code() }}
        and measure = 'former_participants'
    union all
    select
        release,
        period,
        region_set,
        region_type,
        region_code,
        sex,
        'status_percent' as measure,
        value,
        sign
    from {{ ref('pub_status') }}
    where years_after = '1' and status_group = '1' and measure = 'percent'
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
        cast(value as decimal(18, 1)) as value,
        cast(sign as varchar) as sign
    from own
    where region_set = 'at_the_time' and region_type = 'country'
    union all
    select
        release,
        period,
        region_set,
        region_type,
        region_code,
        sex,
        measure,
        cast(value as decimal(18, 1)) as value,
        cast(sign as varchar) as sign
    from {{ source('protected', 'headline') }}
)

select * from final
