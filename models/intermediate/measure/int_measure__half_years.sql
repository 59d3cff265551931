-- A measure counts in a half-year from its first programme day there.
with cut as (
    {{ cut_by_half_year(ref('int_measure__stretches'), ['participation_no', 'measure_type_no']) }}
),

counted as (
    select
        participation_no,
        half_year_no,
        measure_type_no,
        cast(sum({{ weekdays('first_day_no', 'last_day_no') }}) as integer) as measure_days
    from cut
    group by participation_no, half_year_no, measure_type_no
    having sum({{ weekdays('first_day_no', 'last_day_no') }}) > 0
),

final as (
    select
        counted.participation_no,
        counted.half_year_no,
        types.measure_type,
        counted.measure_days
    from counted
    inner join {{ ref('int_measure__types') }} as types
        on counted.measure_type_no = types.measure_type_no
)

select * from final
