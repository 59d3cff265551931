-- Every region that a place's figures count in. Protected addresses count in the country only, so
-- country = counties + 9999 + protected addresses. `as_registered` has the codes as registered of
-- those who would be lost between the two sets: the release adds up from them.
with places as (
    select * from {{ ref('dim_municipality_period') }}
),

registered as (
    select
        places.period,
        places.municipality_code
    from places
    inner join places as period_places
        on
            places.period = period_places.period
            and places.period_municipality_code = period_places.municipality_code
    where
        places.municipality_code <> {{ no_municipality() }}
        and (
            places.period_municipality_code = {{ no_municipality() }}
            or places.reference_municipality_code <> period_places.reference_municipality_code
        )
),

final as (
    select
        period,
        municipality_code as place_code,
        'at_the_time' as region_set,
        'municipality' as region_type,
        period_municipality_code as region_code
    from places
    union all
    select
        period,
        municipality_code as place_code,
        'at_the_time' as region_set,
        'county' as region_type,
        county_code as region_code
    from places
    union all
    select
        period,
        municipality_code as place_code,
        'reference_year' as region_set,
        'municipality' as region_type,
        reference_municipality_code as region_code
    from places
    union all
    select
        period,
        municipality_code as place_code,
        'reference_year' as region_set,
        'county' as region_type,
        reference_county_code as region_code
    from places
    union all
    select
        period,
        municipality_code as place_code,
        'as_registered' as region_set,
        'municipality' as region_type,
        municipality_code as region_code
    from registered
    {%- for region_set in ['at_the_time', 'reference_year'] %}
    union all
    select
        period,
        municipality_code as place_code,
        '{{ region_set }}' as region_set,
        'country' as region_type,
        {{ country_code() }} as region_code
    from places
    union all
    select
        period,
        {{ protected_place() }} as place_code,
        '{{ region_set }}' as region_set,
        'country' as region_type,
        {{ country_code() }} as region_code
    from {{ ref('dim_period') }}
    {%- endfor %}
)

select * from final
