with units_of_months as (
    select
        months.unit_id,
        months.benefit_month,
        units.municipality_code,
        row_number() over (
            partition by months.unit_id, months.benefit_month
            order by units.valid_from desc, units.line_number desc, units.file_name desc
        ) as place
    from (select
        unit_id,
        income_month as benefit_month
    from {{ ref('int_income__benefits') }}
    group by unit_id, income_month) as months
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
        lines.income_month as benefit_month,
        units.municipality_code,
        cast(sum(lines.amount) as decimal(18, 2)) as amount,
        cast(count(*) as integer) as line_count
    from {{ ref('int_income__benefits') }} as lines
    left join units
        on
            lines.unit_id = units.unit_id
            and lines.income_month = units.benefit_month
    group by lines.person_key, lines.income_month, units.municipality_code
),

participations as (
    select
        participation_no,
        person_key,
        start_date,
        last_day,
        row_number() over (order by start_date, participation_id) as start_rank
    from {{ ref('int_participation__accepted') }}
),

-- The participation that touches the month; the latest start if several do.
touched as (
    select
        months.person_key,
        months.benefit_month,
        months.municipality_code,
        months.amount,
        months.line_count,
        max(participations.start_rank) as start_rank
    from months
    left join participations
        on
            months.person_key = participations.person_key
            and participations.start_date < {{ add_to_date('months.benefit_month', 1, 'month') }}
            and months.benefit_month <= participations.last_day
    group by
        months.person_key, months.benefit_month, months.municipality_code, months.amount,
        months.line_count
),

final as (
    select
        touched.person_key,
        touched.benefit_month,
        touched.municipality_code,
        touched.amount,
        touched.line_count,
        participations.participation_no
    from touched
    left join participations on touched.start_rank = participations.start_rank
)

select * from final
