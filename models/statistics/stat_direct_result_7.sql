-- IMDi's direct result: one exit at most for each person and period; reasons that are not
-- registered or not known stay in the denominator.
with leaves as (
    select
        period,
        period_type,
        municipality_code,
        sex,
        termination_group,
        count(*) as exits
    from {{ ref('stat_base_persons') }}
    where termination_group is not null
    group by period, period_type, municipality_code, sex, termination_group
),

rolled as (
    {{ rolled_up('leaves', ['sex', 'termination_group'], {'exits': 'bigint'}) }}
),

wide as (
    select
        *,
        {{ over_total('exits', 'termination_group', ['sex']) }} as all_exits
    from rolled
),

final as (
    {{ long_cube('wide', ['sex', 'termination_group'], {
        'exits': {'value': 'exits', 'persons': 'exits'},
        'percent': {'value': percent('exits', 'all_exits'), 'persons': 'exits'},
    }) }}
)

select * from final
