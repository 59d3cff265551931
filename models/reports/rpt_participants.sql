-- The register's report "Deltakere i introduksjonsprogram": the year is the var report_year.
with report as (
    select
        observed_until,
        coalesce({{ report_year() }}, cast(extract(year from observed_until) as integer)) as year
    from {{ ref('int_time__vintage') }}
),

awarded as (
    select person_key from {{ ref('int_decision__decisions') }}
    where decision_type = 'tildeling'
    group by person_key
),

participations as (
    select
        participations.*,
        report.year,
        report.observed_until
    from {{ ref('int_participation__accepted') }} as participations
    inner join awarded on participations.person_key = awarded.person_key
    inner join report
        on
            participations.start_date <= {{ dbt.date('report.year', 12, 31) }}
            and participations.last_day >= {{ dbt.date('report.year', 1, 1) }}
    where not participations.is_address_protected
),

days as (
    select
        half_years.participation_no,
        sum(half_years.programme_days) as programme_days,
        sum(half_years.planned_hours) as planned_hours
    from {{ ref('int_participation__half_years') }} as half_years
    inner join report
        on half_years.half_year_no between 2 * report.year and 2 * report.year + 1
    group by half_years.participation_no
),

types as (
    select
        stretches.participation_no,
        types.measure_type
    from {{ ref('int_measure__stretches') }} as stretches
    inner join {{ ref('int_measure__types') }} as types
        on stretches.measure_type_no = types.measure_type_no
    inner join report
        on
            stretches.first_day_no <= {{ day_number(dbt.date('report.year', 12, 31)) }}
            and stretches.last_day_no >= {{ day_number(dbt.date('report.year', 1, 1)) }}
            and {{ weekdays(
                'greatest(stretches.first_day_no, '
                ~ day_number(dbt.date('report.year', 1, 1)) ~ ')',
                'least(stretches.last_day_no, '
                ~ day_number(dbt.date('report.year', 12, 31)) ~ ')') }} > 0
    group by stretches.participation_no, types.measure_type
),

measures as (
    select
        participation_no,
        {{ dbt.listagg('measure_type', "', '", "order by measure_type") }} as measure_types
    from types
    group by participation_no
),

final as (
    select
        participations.year as report_year,
        participations.municipality_code,
        coalesce(successions.current_code, participations.municipality_code)
            as current_municipality_code,
        participations.person_key,
        participations.participation_id,
        participations.start_date,
        participations.end_date,
        cast(coalesce(days.programme_days, 0) as double) / 5 as programme_weeks,
        cast(coalesce(days.planned_hours, 0) as decimal(18, 7)) as planned_hours,
        cast(5 * days.planned_hours as double) / nullif(days.programme_days, 0) as hours_per_week,
        measures.measure_types
    from participations
    left join days on participations.participation_no = days.participation_no
    left join measures on participations.participation_no = measures.participation_no
    {{ join_successor('participations.municipality_code', 'participations.observed_until') }}
)

select * from final
