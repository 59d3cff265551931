-- Benefit by month against participation (that month or the month before, rule C12) and against
-- what the law gives (C13).
with rates as (
    -- By range of age; the highest of all is the limit where the law is not known.
    select
        legal_regime,
        coalesce(lag(below_age) over (
            partition by legal_regime
            order by below_age nulls last
        ), 0) as from_age,
        coalesce(below_age, 999) as below_age,
        basic_amounts * share_numerator as numerator,
        share_denominator as denominator
    from {{ ref('benefit_rates') }}
),

highest as (
    select max(basic_amounts) as basic_amounts from {{ ref('benefit_rates') }}
),

-- Grunnbeløpet (G) is of the month it applies from.
basic_amounts as (
    select
        amount,
        {{ month_of('valid_from') }} as from_month,
        lead({{ month_of('valid_from') }}, 1, date '9999-12-31') over (order by valid_from)
            as until_month
    from {{ ref('basic_amounts') }}
),

-- Only what no participation of the month itself explains is looked for in the month before.
explained_by_month_before as (
    select
        months.person_key,
        months.benefit_month
    from {{ ref('int_income__benefit_months') }} as months
    inner join {{ ref('int_participation__accepted') }} as participations
        on
            months.person_key = participations.person_key
            and months.benefit_month > participations.start_date
            and {{ add_to_date('months.benefit_month', -1, 'month') }} <= participations.last_day
    where months.participation_no is null
    group by months.person_key, months.benefit_month
),

final as (
    select
        months.person_key,
        months.participation_no,
        months.municipality_code,
        months.benefit_month as month,
        months.amount > 0
        and {{ add_to_date(add_to_date('months.benefit_month', 1, 'month'), -1, 'day') }}
        <= vintage.observed_until as is_checked,
        months.participation_no is not null or explained.person_key is not null as is_matched,
        months.amount,
        cast(
            basic_amounts.amount * rates.numerator / (12 * rates.denominator) as decimal(18, 2)
        ) as expected_amount,
        cast(
            basic_amounts.amount * highest.basic_amounts * {{ rule_limit('C13', 'factor') }} / 12
            as decimal(18, 2)
        ) as limit_amount,
        paid.amount * 12
        > basic_amounts.amount * highest.basic_amounts * {{ rule_limit('C13', 'factor') }}
            as is_over_limit
    from {{ ref('int_income__benefit_months') }} as months
    inner join {{ ref('int_income__paid_months') }} as paid
        on
            months.person_key = paid.person_key
            and months.benefit_month = paid.benefit_month
    left join {{ ref('int_person__persons') }} as persons on months.person_key = persons.person_key
    left join explained_by_month_before as explained
        on
            months.person_key = explained.person_key
            and months.benefit_month = explained.benefit_month
    left join basic_amounts
        on
            months.benefit_month >= basic_amounts.from_month
            and months.benefit_month < basic_amounts.until_month
    left join rates
        on
            persons.legal_regime = rates.legal_regime
            and months.benefit_month
            >= {{ add_to_date('persons.birth_date', '12 * rates.from_age', 'month') }}
            and months.benefit_month
            < {{ add_to_date('persons.birth_date', '12 * rates.below_age', 'month') }}
    cross join highest
    cross join {{ ref('int_time__vintage') }} as vintage
)

select * from final
