-- Years and half-years from the first start of a participation to what is observed.
with bounds as (
    select
        cast(extract(year from min(participations.start_date)) as integer) as first_year,
        cast(extract(year from max(vintage.observed_until)) as integer) as last_year
    from {{ ref('stg_nir__deltakelser') }} as participations
    cross join {{ ref('int_time__vintage') }} as vintage
    where participations.start_date <= vintage.observed_until
),

years as (
    select {{ each_integer('first_year', 'last_year') }} as year
    from bounds
),

final as (
    select
        lpad(cast(year as {{ dbt.type_string() }}), 4, '0') as period,
        'year' as period_type,
        {{ dbt.date('year', 1, 1) }} as first_day,
        {{ dbt.date('year', 12, 31) }} as last_day
    from years
    union all
    select
        lpad(cast(year as {{ dbt.type_string() }}), 4, '0') || 'H1' as period,
        'half_year' as period_type,
        {{ dbt.date('year', 1, 1) }} as first_day,
        {{ dbt.date('year', 6, 30) }} as last_day
    from years
    union all
    select
        lpad(cast(year as {{ dbt.type_string() }}), 4, '0') || 'H2' as period,
        'half_year' as period_type,
        {{ dbt.date('year', 7, 1) }} as first_day,
        {{ dbt.date('year', 12, 31) }} as last_day
    from years
)

select * from final
