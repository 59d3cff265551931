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

by_place as (
    select
        benefits.person_key,
        months.period,
        coalesce(places.municipality_code, {{ no_municipality() }}) as place_code,
        coalesce(
            nullif(places.period_municipality_code, {{ no_municipality() }}),
            places.municipality_code,
            {{ no_municipality() }}
        ) as municipality_code,
        sum(benefits.amount) as amount
    from {{ ref('fct_benefit_months') }} as benefits
    inner join months on benefits.benefit_month = months.benefit_month
    left join {{ ref('dim_municipality_period') }} as places
        on
            benefits.municipality_code = places.municipality_code
            and months.period = places.period
    group by 1, 2, 3, 4
),

paid as (
    select
        *,
        sum(amount) over (partition by person_key, period) as period_amount,
        sum(amount) over (partition by person_key, period, municipality_code)
            as municipality_amount
    from by_place
),

recipients as (
    select
        paid.*,
        periods.period_type,
        periods.first_day as period_start_date,
        periods.last_day as period_last_day
    from paid
    inner join {{ ref('dim_period') }} as periods on paid.period = periods.period
    where paid.period_amount > 0
    qualify row_number() over (
        partition by paid.person_key, paid.period
        order by
            paid.municipality_amount desc,
            paid.municipality_code asc,
            paid.amount desc,
            paid.place_code asc
    ) = 1
),

final as (
    select
        recipients.period,
        recipients.period_type,
        recipients.period_start_date,
        recipients.person_key,
        {{ counted_place(
            'recipients.place_code', 'coalesce(persons.is_address_protected, false)') }}
            as place_code,
        coalesce(persons.sex, {{ unknown_code() }}) as sex,
        coalesce(age_bands.age_band, 'other') as age_band,
        cast(recipients.period_amount as decimal(18, 2)) as amount
    from recipients
    left join {{ ref('dim_person') }} as persons on recipients.person_key = persons.person_key
    {{ join_age_band('persons.birth_date', 'recipients.period_last_day') }}
)

select * from final
