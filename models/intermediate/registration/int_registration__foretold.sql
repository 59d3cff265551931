-- Each earlier half-year foretold as if it were today's: from the others of its region, and the
-- others of the region above.
with past as (
    select
        past.region_type,
        past.region_code,
        past.parent_code,
        past.event_type,
        past.half_year,
        past.past_half_year,
        past.known_count,
        past.final_count,
        shares.parent_share,
        shares.strength,
        shares.own_half_year_count,
        shares.own_known_count - past.known_count as other_known_count,
        cast(shares.own_final_count - past.final_count as double) as other_final_count
    from {{ ref('int_registration__past') }} as past
    inner join {{ ref('int_registration__shares') }} as shares
        on
            past.region_type = shares.region_type
            and past.region_code = shares.region_code
            and past.event_type = shares.event_type
            and past.half_year = shares.half_year
),

country as (
    select
        *,
        coalesce(other_known_count / nullif(other_final_count, 0), parent_share) as share
    from past
    where region_type = 'country'
),

{% for region_type, parents in [('county', 'country'), ('municipality', 'county')] %}
{{ region_type }} as (
    select
        past.*,
        (
            past.other_known_count
            + past.strength * coalesce(parents.share, past.parent_share)
        )
        / (past.other_final_count + past.strength) as share
    from past
    left join {{ parents }} as parents
        on
            past.parent_code = parents.region_code
            and past.event_type = parents.event_type
            and past.half_year = parents.half_year
            and past.past_half_year = parents.past_half_year
    where past.region_type = '{{ region_type }}'
),
{% endfor %}

regions as (
    select * from country
    union all
    select * from county
    union all
    select * from municipality
),

final as (
    select
        region_type,
        region_code,
        event_type,
        half_year,
        past_half_year,
        known_count,
        final_count,
        own_half_year_count,
        share
    from regions
)

select * from final
