-- The counts that the cube of completeness adds up, for the metrics.
with final as (
    select
        counts.rule_id,
        counts.unit_type,
        counts.half_year as period,
        periods.first_day as period_start_date,
        {{ counted_place('counts.place_code', 'counts.is_address_protected') }} as place_code,
        cast(sum(counts.checked) as bigint) as checked,
        cast(sum(counts.findings) as bigint) as findings
    from {{ ref('dq_counts') }} as counts
    inner join {{ ref('dim_period') }} as periods on counts.half_year = periods.period
    group by 1, 2, 3, 4, 5
)

select * from final
