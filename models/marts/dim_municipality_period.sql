-- Where a code counts in a period: the code that its place has on the last day, that code's county,
-- and the same in the reference year. What cannot be told is 9999; its county can often be told.
with places as (
    select
        periods.period,
        periods.period_type,
        periods.last_day,
        successions.municipality_code,
        {{ current_code() }} as period_municipality_code,
        coalesce(successions.county_code, {{ no_municipality() }}) as county_code
    from {{ ref('dim_period') }} as periods
    inner join {{ ref('dim_municipality_successor') }} as successions
        on
            periods.last_day >= successions.from_date
            and periods.last_day < successions.until_date
    union all
    select
        period,
        period_type,
        last_day,
        {{ no_municipality() }} as municipality_code,
        {{ no_municipality() }} as period_municipality_code,
        {{ no_municipality() }} as county_code
    from {{ ref('dim_period') }}
),

reference_places as (
    select
        municipality_code,
        coalesce(current_code, {{ no_municipality() }}) as reference_municipality_code,
        coalesce(county_code, {{ no_municipality() }}) as reference_county_code
    from {{ ref('dim_municipality_successor') }}
    where {{ reference_date() }} >= from_date and {{ reference_date() }} < until_date
    union all
    select
        {{ no_municipality() }} as municipality_code,
        {{ no_municipality() }} as reference_municipality_code,
        {{ no_municipality() }} as reference_county_code
),

-- The first name known counts for the days before it too, the last one for those after.
municipality_names as (
    select
        municipality_code,
        municipality_name,
        case
            when min(valid_from) over (partition by municipality_code) < valid_from
                then valid_from
            else date '0001-01-01'
        end as named_from,
        coalesce(valid_to, date '9999-12-31') as valid_to
    from {{ ref('dim_municipality') }}
),

county_names as (
    select
        county_code,
        county_name,
        case
            when min(valid_from) over (partition by county_code) < valid_from then valid_from
            else date '0001-01-01'
        end as named_from
    from {{ ref('counties') }}
),

final as (
    select
        places.period,
        places.period_type,
        places.municipality_code,
        places.period_municipality_code,
        coalesce(municipality_names.municipality_name, {{ unknown_place_name() }})
            as municipality_name,
        places.county_code,
        coalesce(county_names.county_name, {{ unknown_place_name() }}) as county_name,
        reference_places.reference_municipality_code,
        reference_places.reference_county_code,
        coalesce(
            places.municipality_code = places.period_municipality_code
            and places.last_day < municipality_names.valid_to,
            false
        ) as is_valid
    from places
    inner join reference_places
        on places.municipality_code = reference_places.municipality_code
    left join municipality_names
        on
            places.period_municipality_code = municipality_names.municipality_code
            and places.last_day >= municipality_names.named_from
    left join county_names
        on
            places.county_code = county_names.county_code
            and places.last_day >= county_names.named_from
    qualify row_number() over (
        partition by places.period, places.municipality_code
        order by municipality_names.named_from desc, county_names.named_from desc
    ) = 1
)

select * from final
