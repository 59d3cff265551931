-- ISO weeks of 2000–2049 by their Monday. A week is in the half-year or year that holds all its
-- seven days; one that crosses the edge is in none, so it cannot be given to one side by mistake.
with weeks as (
    select {{ each_integer(0, 2609) }} as number
),

mondays as (
    select
        {{ add_to_date("date '1999-12-27'", 'number * 7', 'day') }} as week_start,
        {{ add_to_date("date '1999-12-27'", 'number * 7 + 3', 'day') }} as thursday,
        {{ add_to_date("date '1999-12-27'", 'number * 7 + 6', 'day') }} as week_end
    from weeks
),

final as (
    select
        week_start,
        week_end,
        cast(extract(year from thursday) as integer) as iso_year,
        cast(1 + {{ whole_division(days_between(
            dbt.date('extract(year from thursday)', 1, 1), 'thursday'), 7) }} as integer) as iso_week,
        case
            when
                extract(year from week_start) = extract(year from week_end)
                and (extract(month from week_start) <= 6) = (extract(month from week_end) <= 6)
                then {{ half_year_of('week_start') }}
        end as half_year,
        case
            when extract(year from week_start) = extract(year from week_end)
                then cast(extract(year from week_start) as integer)
        end as year
    from mondays
)

select * from final
