-- Amounts and means are shown where their recipients are. Where nobody is counted a sum is nothing,
-- and a mean cannot occur. Those without sex or age band are in totals only: what the amounts by
-- sex (age) leave of the total is theirs, so where there are any only the total is shown; in the
-- country, whose sum of them no region's tells, where there are few.
with recipients as (
    select * from {{ source('protected_cells', 'benefit') }}
),

in_totals_only as (
    select
        period,
        region_set,
        region_type,
        region_code,
        max(case when sex = {{ unknown_code() }} then 1 else 0 end) as has_no_sex,
        max(case when age_band = 'other' then 1 else 0 end) as has_no_age_band
    from {{ ref('stat_benefit') }}
    where
        measure = 'recipients'
        and value > 0
        and (region_type <> 'country' or not {{ enough_persons('value') }})
    group by period, region_set, region_type, region_code
),

told as (
    select
        recipients.*,
        (recipients.sex <> {{ total_code() }} and coalesce(rest.has_no_sex, 0) = 1)
        or (recipients.age_band <> {{ total_code() }} and coalesce(rest.has_no_age_band, 0) = 1)
            as tells_of_a_rest
    from recipients
    left join in_totals_only as rest
        on
            recipients.period = rest.period
            and recipients.region_set = rest.region_set
            and recipients.region_type = rest.region_type
            and recipients.region_code = rest.region_code
),

measures as (
    select 'amount' as measure
    union all
    select 'mean_amount' as measure
),

amounts as (
    select
        told.release,
        told.period,
        told.region_set,
        told.region_type,
        told.region_code,
        told.sex,
        told.age_band,
        measures.measure,
        case
            when told.sign <> '' or (told.tells_of_a_rest and told.value > 0) then null
            when measures.measure = 'amount' then coalesce(figures.value, 0)
            else figures.value
        end as value,
        case
            when told.sign <> '' then told.sign
            when told.tells_of_a_rest and told.value > 0 then ':'
            when told.value = 0 and measures.measure = 'mean_amount' then '.'
            else ''
        end as sign
    from told
    cross join measures
    left join {{ ref('stat_benefit') }} as figures
        on
            told.period = figures.period
            and told.region_set = figures.region_set
            and told.region_type = figures.region_type
            and told.region_code = figures.region_code
            and told.sex = figures.sex
            and told.age_band = figures.age_band
            and measures.measure = figures.measure
),

final as (
    select * from recipients
    union all
    select * from amounts
)

select
    release,
    period,
    region_set,
    region_type,
    region_code,
    sex,
    age_band,
    measure,
    cast(value as decimal(18, 1)) as value,
    cast(sign as {{ dbt.type_string() }}) as sign
from final
