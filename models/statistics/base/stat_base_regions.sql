-- Every region that a municipality's figures count in. Persons without a municipality that may be
-- shown count in the country only, so the country is more than the sum of its counties.
with municipalities as (
    select * from {{ ref('dim_municipality_period') }}
),

unplaced as (
    select
        period,
        {{ no_municipality() }} as municipality_code
    from {{ ref('dim_period') }}
),

final as (
    select
        period,
        municipality_code,
        'at_the_time' as region_set,
        'municipality' as region_type,
        municipality_code as region_code
    from municipalities
    union all
    select
        period,
        municipality_code,
        'at_the_time' as region_set,
        'county' as region_type,
        county_code as region_code
    from municipalities
    union all
    select
        period,
        municipality_code,
        'reference_year' as region_set,
        'municipality' as region_type,
        reference_municipality_code as region_code
    from municipalities
    union all
    select
        period,
        municipality_code,
        'reference_year' as region_set,
        'county' as region_type,
        reference_county_code as region_code
    from municipalities
    {%- for region_set in ['at_the_time', 'reference_year'] %}
    {%- for places in ['municipalities', 'unplaced'] %}
    union all
    select
        period,
        municipality_code,
        '{{ region_set }}' as region_set,
        'country' as region_type,
        {{ country_code() }} as region_code
    from {{ places }}
    {%- endfor %}
    {%- endfor %}
)

select * from final
