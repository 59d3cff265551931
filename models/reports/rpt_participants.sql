-- The register's report "Deltakere i introduksjonsprogram": the year is the var report_year.
with report as (
    select
        observed_until,
        coalesce({{ report_year() }}, cast(extract(year from observed_until) as integer))
            as report_year
    from {{ ref('dim_vintage') }}
),

awarded as (
    select person_key from {{ ref('fct_decisions') }}
    where decision_type = 'tildeling'
    group by person_key
),

final as (
    select
        report.report_year,
        participations.municipality_code,
        {{ current_code() }}
            as current_municipality_code,
        participations.person_key,
        participations.participation_id,
        participations.start_date,
        participations.end_date,
        {{ programme_weeks('periods.programme_days') }} as programme_weeks,
        periods.planned_hours,
        periods.hours_per_week,
        periods.measure_types
    from {{ ref('fct_participation_periods') }} as periods
    inner join report
        on periods.period = lpad(cast(report.report_year as {{ dbt.type_string() }}), 4, '0')
    inner join {{ ref('fct_participation') }} as participations
        on periods.participation_id = participations.participation_id
    inner join awarded on periods.person_key = awarded.person_key
    inner join {{ ref('dim_person') }} as persons on periods.person_key = persons.person_key
    {{ join_successor('participations.municipality_code', 'report.observed_until') }}
    where not coalesce(persons.is_address_protected, false)
)

select * from final
