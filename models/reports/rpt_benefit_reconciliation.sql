with placed as (
    select
        reconciliation.*,
        {{ current_code() }}
            as current_municipality_code,
        cast(extract(year from reconciliation.month) as integer) as year
    from {{ ref('fct_benefit_reconciliation') }} as reconciliation
    cross join {{ ref('dim_vintage') }} as vintage
    {{ join_successor('reconciliation.municipality_code', 'vintage.observed_until') }}
    where
        reconciliation.is_checked
        and not reconciliation.is_address_protected
        and reconciliation.municipality_code is not null
),

final as (
    select
        current_municipality_code,
        year,
        cast(sum(case when direction = 'participation' then 1 else 0 end) as bigint)
            as participation_months,
        cast(
            sum(case when direction = 'participation' and not is_matched then 1 else 0 end)
            as bigint
        ) as months_without_benefit,
        cast(sum(case when direction = 'benefit' then 1 else 0 end) as bigint) as benefit_months,
        cast(
            sum(case when direction = 'benefit' and not is_matched then 1 else 0 end) as bigint
        ) as benefit_without_participation,
        cast(
            sum(case when direction = 'benefit' and is_over_limit then 1 else 0 end) as bigint
        ) as benefit_over_limit,
        cast(sum(case when direction = 'benefit' then amount end) as decimal(18, 2)) as amount,
        cast(
            sum(case when direction = 'benefit' then expected_amount end) as decimal(18, 2)
        ) as full_amount
    from placed
    group by current_municipality_code, year
)

select * from final
