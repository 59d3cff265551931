-- A person can be in several groups: they are never summed, and have no total.
with leaves as (
    select
        persons.period,
        persons.period_type,
        {{ counted_place() }} as place_code,
        coalesce(persons.sex, {{ unknown_code() }}) as sex,
        types.measure_group,
        count(distinct persons.person_key) as participants_with_measure
    from {{ ref('fct_participant_period_measures') }} as measures
    inner join {{ ref('dim_measure_type') }} as types on measures.measure_type = types.measure_type
    inner join {{ ref('fct_participant_periods') }} as persons
        on
            measures.person_key = persons.person_key
            and measures.period = persons.period
    group by 1, 2, 3, 4, 5
),

{{ counted_cube('participants_with_measure', ['sex'], kept=['measure_group']) }}

select * from final
