with counties as (
    select
        county_code,
        county_name,
        valid_from,
        coalesce(valid_to, date '9999-12-31') as valid_to
    from {{ ref('counties') }}
),

-- The county's name when the municipality's row begins to apply, or the first known after that.
named as (
    select
        municipalities.*,
        counties.county_name,
        row_number() over (
            partition by municipalities.municipality_code, municipalities.valid_from
            order by counties.valid_from
        ) as place
    from {{ ref('municipalities') }} as municipalities
    left join counties
        on
            municipalities.county_code = counties.county_code
            and municipalities.valid_from < counties.valid_to
),

final as (
    select
        named.municipality_code,
        named.municipality_name,
        named.county_code,
        named.county_name,
        named.valid_from,
        named.valid_to,
        {{ current_code() }} as code_in_reference_year
    from named
    inner join {{ ref('int_geography__successions') }} as successions
        on
            named.municipality_code = successions.municipality_code
            and {{ reference_date() }} >= successions.from_date
            and {{ reference_date() }} < successions.until_date
    where named.place = 1
)

select * from final
