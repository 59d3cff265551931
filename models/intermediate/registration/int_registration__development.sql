-- Chain ladder for the whole country: what was known grew from one delivery to the next by these
-- factors, and their product leads from an age to the horizon. First and second half-years apart:
-- the yearly deadline in January comes at different ages.
with recursive steps as (
    select
        half_years.event_type,
        half_years.half_no,
        half_years.delivered,
        half_years.age_months,
        half_years.known_count,
        half_years.campaign_from,
        half_years.campaign_to,
        lead(half_years.delivered) over (
            partition by half_years.event_type, half_years.half_year
            order by half_years.delivered
        ) as next_delivered,
        lead(half_years.age_months) over (
            partition by half_years.event_type, half_years.half_year
            order by half_years.delivered
        ) as next_age_months,
        lead(half_years.known_count) over (
            partition by half_years.event_type, half_years.half_year
            order by half_years.delivered
        ) as next_known_count
    from {{ ref('int_registration__half_years') }} as half_years
    where half_years.region_type = 'country'
),

-- A step during a campaign of late registration says nothing of other half-years. Of several steps
-- from one age, the one seen on most events.
summed as (
    select
        steps.event_type,
        steps.half_no,
        steps.age_months,
        steps.next_age_months,
        sum(steps.known_count) as known_count,
        sum(steps.next_known_count) as next_known_count
    from steps
    inner join {{ ref('event_types') }} as event_types
        on steps.event_type = event_types.event_type
    where
        steps.age_months < event_types.horizon_months
        and steps.next_known_count > 0
        and not (
            steps.delivered < steps.campaign_to
            and steps.next_delivered > steps.campaign_from
        )
    group by steps.event_type, steps.half_no, steps.age_months, steps.next_age_months
),

links as (
    select
        event_type,
        half_no,
        age_months,
        next_age_months,
        cast(known_count as double) / next_known_count as share_of_next
    from summed
    qualify row_number() over (
        partition by event_type, half_no, age_months
        order by known_count desc, next_age_months asc
    ) = 1
),

walk as (
    select
        event_type,
        half_no,
        age_months,
        next_age_months as reached_age_months,
        share_of_next as share
    from links
    union all
    select
        walk.event_type,
        walk.half_no,
        walk.age_months,
        links.next_age_months as reached_age_months,
        walk.share * links.share_of_next as share
    from walk
    inner join links
        on
            walk.event_type = links.event_type
            and walk.half_no = links.half_no
            and walk.reached_age_months = links.age_months
),

final as (
    select
        event_type,
        half_no,
        age_months,
        reached_age_months as horizon_age_months,
        round(share, 9) as known_share
    from walk
    where share > 0
    qualify row_number() over (
        partition by event_type, half_no, age_months
        order by reached_age_months desc
    ) = 1
)

select * from final
