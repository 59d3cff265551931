-- The only count of checked units and findings; completeness and the rules' states are sums of it.
with counts as (
    select
        rule_id,
        unit_type,
        half_year,
        is_extended_access,
        municipality_code,
        is_address_protected,
        sum(case when is_checked then 1 else 0 end) as checked,
        sum(case when is_checked and is_finding then 1 else 0 end) as findings,
        sum(case when is_checked then 0 else 1 end) as not_applicable
    from {{ ref('dq_checked') }}
    group by
        rule_id,
        unit_type,
        half_year,
        is_extended_access,
        municipality_code,
        is_address_protected
),

placed as (
    select
        counts.*,
        {{ registered_code() }} as place_code,
        case
            when counts.is_address_protected then {{ no_municipality() }}
            else {{ current_code() }}
        end as period_municipality_code
    from counts
    {{ join_successor('counts.municipality_code', last_day_of_half_year('counts.half_year')) }}
),

final as (
    select
        rule_id,
        unit_type,
        half_year,
        is_extended_access,
        is_address_protected,
        place_code,
        period_municipality_code as municipality_code,
        cast(sum(checked) as bigint) as checked,
        cast(sum(findings) as bigint) as findings,
        cast(sum(not_applicable) as bigint) as not_applicable
    from placed
    group by
        rule_id,
        unit_type,
        half_year,
        is_extended_access,
        is_address_protected,
        place_code,
        period_municipality_code
)

select * from final
