-- The municipalities of a period, valid on its last day or older codes that a figure has, with the
-- counties above them; named as on that day, or as known now in codes of the reference year. 9999
-- is no region. Codes as registered are listed for the release, whose sums need them.
with used as (
    {%- for cube in [
        'benefit', 'completeness', 'direct_result_2', 'direct_result_7', 'hours', 'measures_12',
        'measures_4', 'participants', 'status',
    ] %}
    {{ 'union' if not loop.first }}
    select
        period,
        region_set,
        region_code
    from {{ ref('stat_' ~ cube) }}
    where region_set <> 'reference_year' and region_type = 'municipality'
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
            and used.region_set = 'at_the_time'
    where
        municipalities.is_valid
        or (used.region_code is not null and used.region_code <> {{ no_municipality() }})
),

registered as (
    select
        places.*,
        periods.last_day
    from used
    inner join {{ ref('dim_municipality_period') }} as places
        on
            used.period = places.period
            and used.region_code = places.municipality_code
    inner join {{ ref('dim_period') }} as periods on used.period = periods.period
    where used.region_set = 'as_registered'
),

reference_places as (
    select
        period,
        reference_municipality_code,
        reference_county_code,
        last_day
    from municipalities
    union
    select
        period,
        reference_municipality_code,
        reference_county_code,
        last_day
    from registered
),

municipal_regions as (
    select
        period,
        'at_the_time' as region_set,
        municipality_code as region_code,
        last_day,
        municipality_code as counts_in_code,
        county_code,
        reference_municipality_code as code_in_reference_year,
        reference_county_code as county_in_reference_year
    from municipalities
    union all
    select
        period,
        'as_registered' as region_set,
        municipality_code as region_code,
        last_day,
        period_municipality_code as counts_in_code,
        county_code,
        reference_municipality_code as code_in_reference_year,
        reference_county_code as county_in_reference_year
    from registered
    union all
    select distinct
        period,
        'reference_year' as region_set,
        reference_municipality_code as region_code,
        last_day,
        cast(null as {{ dbt.type_string() }}) as counts_in_code,
        reference_county_code as county_code,
        reference_municipality_code as code_in_reference_year,
        reference_county_code as county_in_reference_year
    from reference_places
    where reference_municipality_code <> {{ no_municipality() }}
),

regions as (
    select
        period,
        region_set,
        'municipality' as region_type,
        region_code,
        last_day,
        counts_in_code,
        county_code,
        code_in_reference_year,
        county_in_reference_year
    from municipal_regions
    union all
    select distinct
        period,
        'at_the_time' as region_set,
        'county' as region_type,
        county_code as region_code,
        last_day,
        null as counts_in_code,
        county_code,
        null as code_in_reference_year,
        null as county_in_reference_year
    from municipalities
    union all
    select distinct
        period,
        'reference_year' as region_set,
        'county' as region_type,
        reference_county_code as region_code,
        last_day,
        null as counts_in_code,
        reference_county_code as county_code,
        null as code_in_reference_year,
        null as county_in_reference_year
    from reference_places
    where reference_county_code <> {{ no_municipality() }}
    union all
    select distinct
        period,
        region_set,
        'country' as region_type,
        {{ country_code() }} as region_code,
        last_day,
        null as counts_in_code,
        null as county_code,
        null as code_in_reference_year,
        null as county_in_reference_year
    from municipal_regions
    where region_set <> 'as_registered'
),

-- The first name known counts for the days before it too.
names as (
    select
        'municipality' as region_type,
        municipality_code as region_code,
        municipality_name as region_name,
        valid_from,
        min(valid_from) over (partition by municipality_code) as first_valid_from
    from {{ ref('dim_municipality') }}
    union
    select
        'county' as region_type,
        county_code as region_code,
        county_name as region_name,
        valid_from,
        min(valid_from) over (partition by county_code) as first_valid_from
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
            and (
                regions.region_set <> 'at_the_time'
                or regions.last_day >= names.valid_from
                or names.valid_from = names.first_valid_from
            )
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
        counts_in_code,
        county_code,
        code_in_reference_year,
        county_in_reference_year
    from named
)

select * from final
