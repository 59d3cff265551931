-- The county is the one that the code belonged to on the period's last day; a split municipality's
-- old code keeps its last one.
with municipalities as (
    select
        municipality_code,
        municipality_name,
        county_code,
        county_name,
        code_in_reference_year,
        valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to
    from {{ ref('dim_municipality') }}
),

counties_now as (
    select
        municipality_code,
        county_code
    from municipalities
    where valid_from <= {{ reference_date() }}
    qualify row_number() over (partition by municipality_code order by valid_from desc) = 1
),

final as (
    select
        periods.period,
        periods.period_type,
        municipalities.municipality_code,
        municipalities.municipality_name,
        municipalities.county_code,
        municipalities.county_name,
        municipalities.code_in_reference_year as reference_municipality_code,
        counties_now.county_code as reference_county_code,
        periods.last_day < municipalities.valid_to as is_valid
    from {{ ref('dim_period') }} as periods
    inner join municipalities on periods.last_day >= municipalities.valid_from
    inner join counties_now
        on municipalities.code_in_reference_year = counties_now.municipality_code
    qualify row_number() over (
        partition by periods.period, municipalities.municipality_code
        order by municipalities.valid_from desc
    ) = 1
)

select * from final
