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
    select municipalities.*
    from {{ ref('dim_municipality_period') }} as municipalities
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
    select places.*
    from used
    inner join {{ ref('dim_municipality_period') }} as places
        on
            used.period = places.period
            and used.region_code = places.municipality_code
    where used.region_set = 'as_registered'
),

reference_places as (
    select
        period,
        reference_municipality_code,
        reference_county_code
    from municipalities
    union
    select
        period,
        reference_municipality_code,
        reference_county_code
    from registered
),

municipal_regions as (
    select
        period,
        'at_the_time' as region_set,
        municipality_code as region_code,
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
        null as counts_in_code,
        null as county_code,
        null as code_in_reference_year,
        null as county_in_reference_year
    from municipal_regions
    where region_set <> 'as_registered'
),

names_then as (
    select
        period,
        municipality_code as region_code,
        municipality_name as region_name
    from municipalities
    union
    select
        period,
        county_code as region_code,
        county_name as region_name
    from municipalities
),

names as (
    select
        municipality_code as region_code,
        municipality_name as region_name,
        valid_from
    from {{ ref('dim_municipality') }}
    union
    select
        county_code as region_code,
        county_name as region_name,
        valid_from
    from {{ ref('dim_municipality') }}
),

newest_names as (
    select
        region_code,
        region_name
    from names
    qualify row_number() over (
        partition by region_code order by valid_from desc, region_name asc
    ) = 1
),

named as (
    select
        regions.*,
        coalesce(names_then.region_name, newest_names.region_name) as region_name
    from regions
    left join names_then
        on
            regions.region_set = 'at_the_time'
            and regions.period = names_then.period
            and regions.region_code = names_then.region_code
    left join newest_names on regions.region_code = newest_names.region_code
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
