-- The country's share from the development, a county's between that and its own past, a
-- municipality's between its county's and its own past.
with own as (
    select
        region_type,
        region_code,
        event_type,
        half_year,
        sum(known_count) as known_count,
        sum(final_count) as final_count,
        cast(count(*) as integer) as half_year_count
    from {{ ref('int_registration__past') }}
    group by region_type, region_code, event_type, half_year
),

regions as (
    select
        region_type,
        region_code,
        parent_code,
        event_type,
        half_year,
        age_months,
        known_count
    from {{ ref('int_registration__half_years') }}
    where is_newest
),

country as (
    select
        regions.*,
        present.is_past_horizon,
        present.horizon_age_months,
        present.known_share as parent_share,
        present.known_share as share,
        cast(0 as double) as strength,
        own.known_count as own_known_count,
        own.final_count as own_final_count,
        coalesce(own.half_year_count, 0) as own_half_year_count
    from regions
    inner join {{ ref('int_registration__present') }} as present
        on
            regions.event_type = present.event_type
            and regions.half_year = present.half_year
    left join own
        on
            regions.region_type = own.region_type
            and regions.event_type = own.event_type
            and regions.half_year = own.half_year
    where regions.region_type = 'country'
),

{% for region_type, parents in [('county', 'country'), ('municipality', 'county')] %}
{{ region_type }} as (
    select
        regions.*,
        parents.is_past_horizon,
        parents.horizon_age_months,
        parents.share as parent_share,
        case
            when parents.is_past_horizon then parents.share
            else
                (
                    coalesce(own.known_count, 0)
                    + coalesce(credibility.strength, 1) * parents.share
                )
                / (
                    coalesce(cast(own.final_count as double), 0)
                    + coalesce(credibility.strength, 1)
                )
        end as share,
        coalesce(credibility.strength, 1) as strength,
        own.known_count as own_known_count,
        own.final_count as own_final_count,
        coalesce(own.half_year_count, 0) as own_half_year_count
    from regions
    inner join {{ parents }} as parents
        on
            regions.parent_code = parents.region_code
            and regions.event_type = parents.event_type
            and regions.half_year = parents.half_year
    left join own
        on
            regions.region_type = own.region_type
            and regions.region_code = own.region_code
            and regions.event_type = own.event_type
            and regions.half_year = own.half_year
    left join {{ ref('int_registration__credibility') }} as credibility
        on
            regions.region_type = credibility.region_type
            and regions.event_type = credibility.event_type
            and regions.half_year = credibility.half_year
    where regions.region_type = '{{ region_type }}'
),
{% endfor %}

final as (
    select * from country
    union all
    select * from county
    union all
    select * from municipality
)

select * from final
