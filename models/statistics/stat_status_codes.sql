-- SSB's former participants by the year of the status. The municipality is that of the last
-- participation, by its code at the end of the status year.
with leaves as (
    select
        period,
        period_type,
        municipality_code,
        years_after,
        sex,
        status_code,
        count(*) as former_participants
    from {{ ref('stat_base_former_participants') }}
    group by period, period_type, municipality_code, years_after, sex, status_code
),

rolled as (
    {{ rolled_up(
        'leaves', ['sex', 'status_code'], {'former_participants': 'bigint'}, kept=['years_after']) }}
),

wide as (
    select
        *,
        {{ over_total('former_participants', 'status_code', ['years_after', 'sex']) }} as everybody
    from rolled
    where region_type in ('country', 'county')
),

final as (
    {{ long_cube('wide', ['years_after', 'sex', 'status_code'], {
        'former_participants': {'value': 'former_participants', 'persons': 'former_participants'},
        'percent': {
            'value': percent('former_participants', 'everybody'), 'persons': 'former_participants'},
    }) }}
)

select * from final
