-- A person can be in several groups: they are never summed, and have no total.
with leaves as (
    select
        period,
        period_type,
        municipality_code,
        sex,
        measure_group,
        count(*) as participants_with_measure
    from {{ ref('stat_base_measures') }}
    where measure_group is not null
    group by period, period_type, municipality_code, sex, measure_group
),

rolled as (
    {{ rolled_up(
        'leaves', ['sex'], {'participants_with_measure': 'bigint'}, kept=['measure_group']) }}
),

final as (
    {{ long_cube('rolled', ['sex', 'measure_group'], {
        'participants_with_measure': {
            'value': 'participants_with_measure', 'persons': 'participants_with_measure'},
    }) }}
)

select * from final
