-- Months of participation against months of benefit, both ways, and amounts against what the law
-- gives.
with received_months as (
    -- Only a month for which income was received can lack a benefit.
    select
        {{ month_number(parsed_date("substr(dataset, 9, 7) || '-01'")) }} as month_no
    from {{ ref('stg_receipt__files') }}
    where is_used and source = 'aordningen' and table_name = 'inntekt'
    group by dataset
),

months as (
    select
        received_months.month_no,
        later.month_no is not null as is_next_received
    from received_months
    left join received_months as later on received_months.month_no + 1 = later.month_no
),

-- The law's rates by range of age; the highest is the limit where the law is not known.
rates as (
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

participations as (
    select
        participation_no,
        person_key,
        municipality_code,
        start_date,
        last_day
    from {{ ref('int_participation__accepted') }}
    where has_begun
),

leave_months as (
    select
        participation_no,
        {{ each_integer(
            month_number(day_of_number('first_day_no')),
            month_number(day_of_number('last_day_no'))) }} as month_no
    from {{ ref('int_participation__leave') }}
),

months_on_leave as (
    select
        participation_no,
        month_no
    from leave_months
    group by participation_no, month_no
),

touched_months as (
    select
        *,
        {{ each_integer(month_number('start_date'), month_number('last_day')) }} as month_no
    from participations
),

benefit_months as (
    select
        person_key,
        municipality_code,
        benefit_month,
        amount,
        participation_no,
        {{ month_number('benefit_month') }} as month_no
    from {{ ref('int_income__benefit_months') }}
),

paid_for as (
    select month_no
    from benefit_months
    group by month_no
),

-- Grunnbeløpet of each month paid for, from the month it applies from.
basic_amounts_from as (
    select
        amount,
        {{ month_number('valid_from') }} as first_month_no,
        lead({{ month_number('valid_from') }}, 1, 999999) over (order by valid_from)
            as until_month_no
    from {{ ref('basic_amounts') }}
),

basic_amounts as (
    select
        paid_for.month_no,
        basic_amounts_from.amount
    from paid_for
    inner join basic_amounts_from
        on
            paid_for.month_no >= basic_amounts_from.first_month_no
            and paid_for.month_no < basic_amounts_from.until_month_no
),

-- All that a person was paid in a month, by whichever municipality.
paid_months as (
    select
        person_key,
        month_no,
        cast(sum(amount) as decimal(18, 2)) as amount
    from benefit_months
    group by person_key, month_no
),

-- Only what no participation of the month itself explains is looked for in the month before.
explained_by_month_before as (
    select
        benefit_months.person_key,
        benefit_months.month_no
    from benefit_months
    inner join participations
        on
            benefit_months.person_key = participations.person_key
            and benefit_months.benefit_month > participations.start_date
            and {{ first_day_of_month('(benefit_months.month_no - 1)') }}
            <= participations.last_day
    where benefit_months.participation_no is null
    group by benefit_months.person_key, benefit_months.month_no
),

of_participations as (
    select
        'participation' as direction,
        touched.person_key,
        touched.participation_no,
        touched.municipality_code,
        {{ first_day_of_month('touched.month_no') }} as month,
        touched.start_date <= {{ first_day_of_month('touched.month_no') }}
        and touched.last_day
        >= {{ add_to_date(first_day_of_month('(touched.month_no + 1)'), -1, 'day') }}
        and on_leave.month_no is null
        and coalesce(months.is_next_received, false) as is_checked,
        coalesce(paid.amount > 0 or paid_next.amount > 0, paid_next.amount > 0, false)
            as is_matched,
        paid.amount,
        cast(null as decimal(18, 2)) as expected_amount,
        cast(null as decimal(18, 2)) as limit_amount,
        cast(null as boolean) as is_over_limit
    from touched_months as touched
    left join months on touched.month_no = months.month_no
    left join months_on_leave as on_leave
        on
            touched.participation_no = on_leave.participation_no
            and touched.month_no = on_leave.month_no
    left join paid_months as paid
        on
            touched.person_key = paid.person_key
            and touched.month_no = paid.month_no
    left join paid_months as paid_next
        on
            touched.person_key = paid_next.person_key
            and touched.month_no + 1 = paid_next.month_no
),

of_benefits as (
    select
        'benefit' as direction,
        benefit_months.person_key,
        benefit_months.participation_no,
        benefit_months.municipality_code,
        benefit_months.benefit_month as month,
        benefit_months.amount > 0
        and {{ add_to_date(add_to_date('benefit_months.benefit_month', 1, 'month'), -1, 'day') }}
        <= vintage.observed_until as is_checked,
        coalesce(benefit_months.participation_no, explained.month_no) is not null as is_matched,
        benefit_months.amount,
        cast(
            basic_amounts.amount * rates.numerator / (12 * rates.denominator) as decimal(18, 2)
        ) as expected_amount,
        cast(
            basic_amounts.amount * highest.basic_amounts * {{ rule_limit('C13', 'factor') }} / 12
            as decimal(18, 2)
        ) as limit_amount,
        paid.amount
        * 12 > basic_amounts.amount * highest.basic_amounts * {{ rule_limit('C13', 'factor') }}
            as is_over_limit
    from benefit_months
    inner join paid_months as paid
        on
            benefit_months.person_key = paid.person_key
            and benefit_months.month_no = paid.month_no
    left join {{ ref('int_person__persons') }} as persons
        on benefit_months.person_key = persons.person_key
    left join explained_by_month_before as explained
        on
            benefit_months.person_key = explained.person_key
            and benefit_months.month_no = explained.month_no
    left join basic_amounts on benefit_months.month_no = basic_amounts.month_no
    left join rates
        on
            persons.legal_regime = rates.legal_regime
            and benefit_months.benefit_month
            >= {{ add_to_date('persons.birth_date', '12 * rates.from_age', 'month') }}
            and benefit_months.benefit_month
            < {{ add_to_date('persons.birth_date', '12 * rates.below_age', 'month') }}
    cross join highest
    cross join {{ ref('int_time__vintage') }} as vintage
),

final as (
    select * from of_participations
    union all
    select * from of_benefits
)

select * from final
