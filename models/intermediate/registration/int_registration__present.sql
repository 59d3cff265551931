-- The age in the newest delivery, and the age in the development that is nearest to it: deliveries
-- that come a month early or late still find their history.
with present as (
    select
        half_years.event_type,
        half_years.half_year,
        half_years.half_no,
        half_years.age_months,
        half_years.is_campaigned,
        half_years.age_months >= event_types.horizon_months as is_past_horizon
    from {{ ref('int_registration__half_years') }} as half_years
    inner join {{ ref('event_types') }} as event_types
        on half_years.event_type = event_types.event_type
    where half_years.region_type = 'country' and half_years.is_newest
),

final as (
    select
        present.event_type,
        present.half_year,
        present.half_no,
        present.age_months,
        present.is_past_horizon,
        present.is_campaigned,
        development.age_months as development_age_months,
        development.horizon_age_months,
        case when present.is_past_horizon then 1 else development.known_share end as known_share
    from present
    left join {{ ref('int_registration__development') }} as development
        on
            present.event_type = development.event_type
            and present.half_no = development.half_no
            and not present.is_past_horizon
            and abs(present.age_months - development.age_months) <= 2
    qualify row_number() over (
        partition by present.event_type, present.half_year
        order by abs(present.age_months - development.age_months), development.age_months
    ) = 1
)

select * from final
