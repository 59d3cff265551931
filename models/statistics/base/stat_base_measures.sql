-- Each person once for each measure type, and once for each group, that a programme day of the
-- period had.
-- Persons and periods go by number: a year's is the year, a half-year's twice that and more, so the
-- two never meet.
with numbers as (
    select
        person_key,
        min(participation_no) as person_no
    from {{ ref('int_participation__accepted') }}
    group by person_key
),

persons as (
    select
        persons.period,
        persons.period_type,
        persons.municipality_code,
        persons.sex,
        numbers.person_no,
        cast(
            case
                when periods.period_type = 'year' then extract(year from periods.first_day)
                else {{ half_year_number('periods.first_day') }}
            end as integer
        ) as period_no
    from {{ ref('stat_base_persons') }} as persons
    inner join numbers on persons.person_key = numbers.person_key
    inner join {{ ref('int_time__periods') }} as periods on persons.period = periods.period
),

by_half_year as (
    select
        numbers.person_no,
        measures.half_year_no,
        measures.measure_type
    from {{ ref('int_measure__half_years') }} as measures
    inner join {{ ref('int_participation__accepted') }} as participations
        on measures.participation_no = participations.participation_no
    inner join numbers on participations.person_key = numbers.person_key
),

by_period as (
    select
        person_no,
        measure_type,
        half_year_no as period_no
    from by_half_year
    union
    select
        person_no,
        measure_type,
        {{ whole_division('half_year_no', 2) }} as period_no
    from by_half_year
),

grouped as (
    select
        by_period.person_no,
        by_period.period_no,
        types.measure_group
    from by_period
    inner join {{ ref('measure_types') }} as types on by_period.measure_type = types.measure_type
    group by by_period.person_no, by_period.period_no, types.measure_group
),

both_divisions as (
    select
        person_no,
        period_no,
        measure_type,
        cast(null as {{ dbt.type_string() }}) as measure_group
    from by_period
    union all
    select
        person_no,
        period_no,
        cast(null as {{ dbt.type_string() }}) as measure_type,
        measure_group
    from grouped
),

final as (
    select
        persons.period,
        persons.period_type,
        persons.person_no,
        persons.municipality_code,
        persons.sex,
        both_divisions.measure_type,
        both_divisions.measure_group
    from both_divisions
    inner join persons
        on
            both_divisions.person_no = persons.person_no
            and both_divisions.period_no = persons.period_no
)

select * from final
