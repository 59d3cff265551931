-- The municipality is the one that paid most to the person in the period (the lower code if two
-- paid the same). A person whose payments and corrections add up to zero is no recipient.
with months as (
    select
        months.benefit_month,
        periods.period
    from (select distinct benefit_month from {{ ref('fct_benefit_months') }}) as months
    inner join {{ ref('dim_period') }} as periods
        on months.benefit_month between periods.first_day and periods.last_day
),

paid as (
    select
        benefits.person_key,
        benefits.municipality_code,
        months.period,
        sum(benefits.amount) as amount
    from {{ ref('fct_benefit_months') }} as benefits
    inner join months on benefits.benefit_month = months.benefit_month
    group by benefits.person_key, benefits.municipality_code, months.period
),

chosen as (
    select
        *,
        sum(amount) over (partition by person_key, period) as period_amount
    from paid
    qualify row_number() over (
        partition by person_key, period
        order by amount desc, municipality_code asc nulls last
    ) = 1
),

recipients as (
    select
        chosen.*,
        periods.period_type,
        periods.last_day as period_last_day
    from chosen
    inner join {{ ref('dim_period') }} as periods on chosen.period = periods.period
),

final as (
    select
        recipients.period,
        recipients.period_type,
        recipients.person_key,
        {{ placed_municipality(
            'successions.current_code',
            'known.county_code',
            'coalesce(persons.is_address_protected, false)',
        ) }} as municipality_code,
        coalesce(persons.sex, {{ unknown_code() }}) as sex,
        coalesce(age_bands.age_band, 'other') as age_band,
        cast(recipients.period_amount as decimal(18, 2)) as amount
    from recipients
    left join {{ ref('dim_person') }} as persons on recipients.person_key = persons.person_key
    {{ join_age_band('persons.birth_date', 'recipients.period_last_day') }}
    {{ join_successor('recipients.municipality_code', 'recipients.period_last_day') }}
    left join {{ ref('dim_municipality_period') }} as known
        on
            successions.current_code = known.municipality_code
            and recipients.period = known.period
    where recipients.period_amount > 0
)

select * from final
