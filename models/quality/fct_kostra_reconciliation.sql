-- Persons by municipality, year and group: in the form 11b, in NIR, in both. Protected addresses
-- count under the municipality 9999, so that the sum over all rows is the country.
with persons as (
    select
        case
            when is_address_protected then {{ no_municipality() }}
            else coalesce(municipality_code, {{ no_municipality() }})
        end as municipality_code,
        reporting_year,
        comparison_group,
        case when is_in_kostra then 1 else 0 end as kostra,
        case when is_in_nir then 1 else 0 end as nir
    from {{ ref('int_kostra__persons') }}
),

-- Every group of a municipality's year, also the empty ones.
places as (
    select
        municipality_code,
        reporting_year
    from persons
    group by municipality_code, reporting_year
),

counts as (
    select
        municipality_code,
        reporting_year,
        comparison_group,
        sum(kostra) as in_kostra,
        sum(nir) as in_nir,
        sum(kostra * nir) as in_both
    from persons
    group by municipality_code, reporting_year, comparison_group
),

final as (
    select
        places.municipality_code,
        cast(places.reporting_year as integer) as reporting_year,
        groups.comparison_group,
        cast(coalesce(counts.in_kostra, 0) as bigint) as in_kostra,
        cast(coalesce(counts.in_nir, 0) as bigint) as in_nir,
        cast(coalesce(counts.in_both, 0) as bigint) as in_both,
        cast(coalesce(counts.in_kostra - counts.in_both, 0) as bigint) as only_in_kostra,
        cast(coalesce(counts.in_nir - counts.in_both, 0) as bigint) as only_in_nir,
        cast(counts.in_nir as double) / nullif(counts.in_kostra, 0) as nir_share
    from places
    cross join {{ ref('comparison_groups') }} as groups
    left join counts
        on
            places.municipality_code = counts.municipality_code
            and places.reporting_year = counts.reporting_year
            and groups.comparison_group = counts.comparison_group
)

select * from final
