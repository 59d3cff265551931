-- Each person once for each measure type, and once for each group, that a programme day of the
-- period had.
with by_half_year as (
    select
        participations.person_key,
        measures.half_year_no,
        measures.measure_type
    from {{ ref('int_measure__half_years') }} as measures
    inner join {{ ref('int_participation__accepted') }} as participations
        on measures.participation_no = participations.participation_no
),

by_period as (
    select
        person_key,
        measure_type,
        {{ half_year_of_number('half_year_no') }} as period
    from by_half_year
    union
    select
        person_key,
        measure_type,
        lpad(cast({{ whole_division('half_year_no', 2) }} as {{ text_type() }}), 4, '0') as period
    from by_half_year
),

grouped as (
    select
        by_period.person_key,
        by_period.period,
        types.measure_group
    from by_period
    inner join {{ ref('measure_types') }} as types on by_period.measure_type = types.measure_type
    group by by_period.person_key, by_period.period, types.measure_group
),

both_divisions as (
    select
        person_key,
        period,
        measure_type,
        cast(null as {{ text_type() }}) as measure_group
    from by_period
    union all
    select
        person_key,
        period,
        cast(null as {{ text_type() }}) as measure_type,
        measure_group
    from grouped
),

final as (
    select
        persons.period,
        persons.period_type,
        persons.person_key,
        persons.municipality_code,
        persons.sex,
        both_divisions.measure_type,
        both_divisions.measure_group
    from both_divisions
    inner join {{ ref('stat_base_persons') }} as persons
        on
            both_divisions.person_key = persons.person_key
            and both_divisions.period = persons.period
)

select * from final
