-- The municipalities of a period, valid on its last day or older codes that a figure has, with the
-- counties above them; named as on that day, or as known now in codes of the reference year.
with used as (
    {%- for cube in [
        'benefit', 'completeness', 'direct_result_2', 'direct_result_7', 'hours', 'measures_12',
        'measures_4', 'participants', 'status',
    ] %}
    {{ 'union' if not loop.first }}
    select
        period,
        region_code
    from {{ ref('stat_' ~ cube) }}
    where region_set = 'at_the_time' and region_type = 'municipality'
    {%- endfor %}
),

municipalities as (
    select
        municipalities.*,
        periods.last_day
    from {{ ref('dim_municipality_period') }} as municipalities
    inner join {{ ref('dim_period') }} as periods
        on municipalities.period = periods.period
    left join used
        on
            municipalities.period = used.period
            and municipalities.municipality_code = used.region_code
    where municipalities.is_valid or used.region_code is not null
),

regions as (
    select distinct
        period,
        'at_the_time' as region_set,
        'country' as region_type,
        {{ country_code() }} as region_code,
        last_day,
        cast(null as {{ dbt.type_string() }}) as county_code,
        cast(null as {{ dbt.type_string() }}) as code_in_reference_year
    from municipalities
    union all
    select distinct
        period,
        'reference_year' as region_set,
        'country' as region_type,
        {{ country_code() }} as region_code,
        last_day,
        null as county_code,
        null as code_in_reference_year
    from municipalities
    union all
    select distinct
        period,
        'at_the_time' as region_set,
        'county' as region_type,
        county_code as region_code,
        last_day,
        county_code,
        null as code_in_reference_year
    from municipalities
    union all
    select distinct
        period,
        'reference_year' as region_set,
        'county' as region_type,
        reference_county_code as region_code,
        last_day,
        reference_county_code as county_code,
        null as code_in_reference_year
    from municipalities
    union all
    select
        period,
        'at_the_time' as region_set,
        'municipality' as region_type,
        municipality_code as region_code,
        last_day,
        county_code,
        reference_municipality_code as code_in_reference_year
    from municipalities
    union all
    select distinct
        period,
        'reference_year' as region_set,
        'municipality' as region_type,
        reference_municipality_code as region_code,
        last_day,
        reference_county_code as county_code,
        reference_municipality_code as code_in_reference_year
    from municipalities
),

names as (
    select
        'municipality' as region_type,
        municipality_code as region_code,
        municipality_name as region_name,
        valid_from
    from {{ ref('dim_municipality') }}
    union
    select
        'county' as region_type,
        county_code as region_code,
        county_name as region_name,
        valid_from
    from {{ ref('dim_municipality') }}
),

named as (
    select
        regions.*,
        names.region_name
    from regions
    left join names
        on
            regions.region_type = names.region_type
            and regions.region_code = names.region_code
            and (regions.region_set = 'reference_year' or regions.last_day >= names.valid_from)
    qualify row_number() over (
        partition by regions.period, regions.region_set, regions.region_code
        order by names.valid_from desc, names.region_name asc
    ) = 1
),

final as (
    select
        period,
        region_set,
        region_type,
        region_code,
        case when region_type = 'country' then 'Hele landet' else region_name end as region_name,
        county_code,
        code_in_reference_year
    from named
)

select * from final
