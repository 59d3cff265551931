-- Amounts and means are shown where their recipients are. Where nobody is counted a sum is nothing,
-- and a mean cannot occur.
with recipients as (
    select * from {{ source('protected_cells', 'benefit') }}
),

measures as (
    select 'amount' as measure
    union all
    select 'mean_amount' as measure
),

amounts as (
    select
        recipients.release,
        recipients.period,
        recipients.region_set,
        recipients.region_type,
        recipients.region_code,
        recipients.sex,
        recipients.age_band,
        measures.measure,
        case
            when recipients.sign = '' and measures.measure = 'amount'
                then coalesce(figures.value, 0)
            when recipients.sign = '' then figures.value
        end as value,
        case
            when recipients.sign <> '' then recipients.sign
            when recipients.value = 0 and measures.measure = 'mean_amount' then '.'
            else ''
        end as sign
    from recipients
    cross join measures
    left join {{ ref('stat_benefit') }} as figures
        on
            recipients.period = figures.period
            and recipients.region_set = figures.region_set
            and recipients.region_type = figures.region_type
            and recipients.region_code = figures.region_code
            and recipients.sex = figures.sex
            and recipients.age_band = figures.age_band
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
