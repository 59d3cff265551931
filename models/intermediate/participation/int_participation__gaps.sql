-- Programme days without a measure that follow each other. Leave and weekends are no programme
-- days, so they neither end a gap nor lengthen it.
with programme as (
    select
        participation_no,
        first_day_no,
        last_day_no,
        weekdays,
        has_measure,
        sum(case when has_measure then 1 else 0 end) over (
            partition by participation_no
            order by first_day_no
            rows unbounded preceding
        ) as measured_before
    from {{ ref('int_participation__stretches') }}
    where not is_leave
),

final as (
    select
        participation_no,
        {{ day_of_number('min(first_day_no)') }} as first_day,
        {{ day_of_number('max(last_day_no)') }} as last_day,
        cast(sum(weekdays) as integer) as gap_days
    from programme
    where not has_measure
    group by participation_no, measured_before
)

select * from final
