-- The same exits as in stat_direct_result_7, by whether they went to work or to education beyond
-- grunnskole.
with leaves as (
    select
        persons.period,
        persons.period_type,
        persons.municipality_code,
        persons.sex,
        groups.result_group,
        count(*) as exits
    from {{ ref('stat_base_persons') }} as persons
    inner join {{ ref('termination_groups') }} as groups
        on persons.termination_group = groups.termination_group
    group by
        persons.period,
        persons.period_type,
        persons.municipality_code,
        persons.sex,
        groups.result_group
),

rolled as (
    {{ rolled_up('leaves', ['sex', 'result_group'], {'exits': 'bigint'}) }}
),

wide as (
    select
        *,
        {{ over_total('exits', 'result_group', ['sex']) }} as all_exits
    from rolled
),

final as (
    {{ long_cube('wide', ['sex', 'result_group'], {
        'exits': {'value': 'exits', 'persons': 'exits'},
        'percent': {'value': percent('exits', 'all_exits'), 'persons': 'exits'},
    }) }}
)

select * from final
