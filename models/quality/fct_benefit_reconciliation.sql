with both_directions as (
    select
        'participation' as direction,
        person_key,
        participation_no,
        municipality_code,
        month,
        is_checked,
        is_matched,
        amount,
        cast(null as decimal(18, 2)) as expected_amount,
        cast(null as decimal(18, 2)) as limit_amount,
        cast(null as boolean) as is_over_limit
    from {{ ref('int_income__participation_months') }}
    union all
    select
        'benefit' as direction,
        person_key,
        participation_no,
        municipality_code,
        month,
        is_checked,
        is_matched,
        amount,
        expected_amount,
        limit_amount,
        is_over_limit
    from {{ ref('int_income__reconciled_benefits') }}
),

final as (
    select
        months.direction,
        months.person_key,
        participations.participation_id,
        months.municipality_code,
        months.month,
        persons.legal_regime,
        coalesce(persons.is_address_protected, false) as is_address_protected,
        months.is_checked,
        months.is_matched,
        months.amount,
        months.expected_amount,
        months.limit_amount,
        months.is_over_limit
    from both_directions as months
    left join {{ ref('int_person__persons') }} as persons on months.person_key = persons.person_key
    left join {{ ref('int_participation__accepted') }} as participations
        on months.participation_no = participations.participation_no
)

select * from final
