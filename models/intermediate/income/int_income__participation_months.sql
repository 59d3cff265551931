-- Rule C11's months: a participation's month without leave ought to have benefit, that month or the
-- next.
with received_months as (
    -- Only a month for which income was received can lack a benefit.
    select {{ parsed_date("substr(dataset, 9, 7) || '-01'") }} as month
    from {{ ref('stg_receipt__files') }}
    where is_used and source = 'aordningen' and table_name = 'inntekt'
    group by dataset
),

participations as (
    select
        participation_no,
        person_key,
        municipality_code,
        start_date,
        last_day,
        {{ each_integer(month_number('start_date'), month_number('last_day')) }} as month_no
    from {{ ref('int_participation__accepted') }}
    where has_begun
),

touched as (
    select
        *,
        {{ first_day_of_month('month_no') }} as month,
        {{ first_day_of_month('(month_no + 1)') }} as next_month
    from participations
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

final as (
    select
        touched.person_key,
        touched.participation_no,
        touched.municipality_code,
        touched.month,
        touched.start_date <= touched.month
        and touched.last_day >= {{ add_to_date('touched.next_month', -1, 'day') }}
        and on_leave.month_no is null
        and received.month is not null
        and received_next.month is not null as is_checked,
        coalesce(paid.amount, 0) > 0 or coalesce(paid_next.amount, 0) > 0 as is_matched,
        paid.amount
    from touched
    left join received_months as received on touched.month = received.month
    left join received_months as received_next on touched.next_month = received_next.month
    left join months_on_leave as on_leave
        on
            touched.participation_no = on_leave.participation_no
            and touched.month_no = on_leave.month_no
    left join {{ ref('int_income__paid_months') }} as paid
        on
            touched.person_key = paid.person_key
            and touched.month = paid.benefit_month
    left join {{ ref('int_income__paid_months') }} as paid_next
        on
            touched.person_key = paid_next.person_key
            and touched.next_month = paid_next.benefit_month
)

select * from final
