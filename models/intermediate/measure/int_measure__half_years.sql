-- A measure counts in a half-year from its first programme day there.
with cut as (
    {{ cut_by_half_year(ref('int_measure__stretches'), ['participation_no', 'measure_type']) }}
),

final as (
    select
        participation_no,
        half_year_no,
        measure_type,
        cast(sum({{ weekdays('first_day_no', 'last_day_no') }}) as integer) as measure_days
    from cut
    group by participation_no, half_year_no, measure_type
    having sum({{ weekdays('first_day_no', 'last_day_no') }}) > 0
)

select * from final
