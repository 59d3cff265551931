{{ config(meta={'pieces': {
    'by': 'benefit_month', 'versions': 'benefit_month_versions',
    'of': {'int_income__lines': ['income_month'], 'int_income__units': none},
}}) }}

with lines as (
    select
        lines.person_key,
        lines.unit_id,
        lines.income_month as benefit_month,
        sum(lines.amount) as amount,
        count(*) as line_count
    from {{ ref('int_income__lines') }} as lines
    where lines.kind = 'benefit'
    group by 1, 2, 3
),

units_of_months as (
    select
        months.unit_id,
        months.benefit_month,
        units.municipality_code,
        row_number() over (
            partition by months.unit_id, months.benefit_month
            order by units.valid_from desc, units.line_number desc
        ) as place
    from (select
        unit_id,
        benefit_month
    from lines
    group by 1, 2) as months
    inner join {{ ref('int_income__units') }} as units
        on
            months.unit_id = units.unit_id
            and months.benefit_month
            between units.valid_from and coalesce(units.valid_to, date '9999-12-31')
),

units as (
    select
        unit_id,
        benefit_month,
        municipality_code
    from units_of_months
    where place = 1
),

months as (
    select
        lines.person_key,
        lines.benefit_month,
        units.municipality_code,
        sum(lines.amount) as amount,
        sum(lines.line_count) as line_count
    from lines
    left join units
        on
            lines.unit_id = units.unit_id
            and lines.benefit_month = units.benefit_month
    group by 1, 2, 3
),

touched as (
    select
        months.person_key,
        months.benefit_month,
        participations.participation_id,
        row_number() over (
            partition by months.person_key, months.benefit_month
            order by participations.start_date desc, participations.participation_id desc
        ) as place
    from (select
        person_key,
        benefit_month
    from months
    group by 1, 2) as months
    inner join {{ ref('int_participation__accepted') }} as participations
        on
            months.person_key = participations.person_key
            and participations.start_date < {{ next_month('months.benefit_month') }}
            and months.benefit_month <= participations.last_day
),

-- The participation that touches the month; the latest start if several do.
participations as (
    select
        person_key,
        benefit_month,
        participation_id
    from touched
    where place = 1
),

final as (
    select
        months.person_key,
        months.benefit_month,
        months.municipality_code,
        cast(months.amount as decimal(18, 2)) as amount,
        cast(months.line_count as integer) as line_count,
        participations.participation_id,
        participations.participation_id is not null as is_matched
    from months
    left join participations
        on
            months.person_key = participations.person_key
            and months.benefit_month = participations.benefit_month
)

select * from final
