-- Every day of 2000–2049, for tools that count by time; dim_week has the same years.
with days as (
    select {{ each_integer(0, 18262) }} as number
),

dates as (
    select {{ add_to_date("date '2000-01-01'", 'number', 'day') }} as calendar_date
    from days
),

final as (
    select
        calendar_date,
        {{ half_year_of('calendar_date') }} as half_year
    from dates
)

select * from final
