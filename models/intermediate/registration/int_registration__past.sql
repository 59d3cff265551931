-- For each half-year whose share is estimated: the earlier ones of the same half of the year, what
-- was known of them at that age, and how many they will be when all is registered.
with newest as (
    select
        half_years.region_type,
        half_years.region_code,
        half_years.event_type,
        half_years.half_year,
        cast(half_years.known_count / present.known_share as decimal(18, 6)) as final_count
    from {{ ref('int_registration__half_years') }} as half_years
    inner join {{ ref('int_registration__present') }} as present
        on
            half_years.event_type = present.event_type
            and half_years.half_year = present.half_year
    where half_years.is_newest and not half_years.is_campaigned and present.known_share > 0
),

final as (
    select
        past.region_type,
        past.region_code,
        past.parent_code,
        past.event_type,
        present.half_year,
        past.half_year as past_half_year,
        past.known_count,
        newest.final_count
    from {{ ref('int_registration__present') }} as present
    inner join {{ ref('int_registration__half_years') }} as past
        on
            present.event_type = past.event_type
            and present.half_no = past.half_no
            and present.development_age_months = past.age_months
            and present.half_year > past.half_year
    inner join newest
        on
            past.region_type = newest.region_type
            and past.region_code = newest.region_code
            and past.event_type = newest.event_type
            and past.half_year = newest.half_year
    where newest.final_count > 0
)

select * from final
