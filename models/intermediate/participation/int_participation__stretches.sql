-- Each participation cut where leave or a measure begins or ends.
with changes as (
    select
        participation_no,
        {{ day_number('start_date') }} as day_no,
        0 as leaves,
        0 as measures,
        0 as hours_per_week
    from {{ ref('int_participation__accepted') }}
    where has_begun
    union all
    select
        participation_no,
        {{ day_number('last_day') }} + 1 as day_no,
        0 as leaves,
        0 as measures,
        0 as hours_per_week
    from {{ ref('int_participation__accepted') }}
    where has_begun
    {%- for sign, day in [(1, 'first_day_no'), (-1, 'last_day_no + 1')] %}
    union all
    select
        participation_no,
        {{ day }} as day_no,
        {{ sign }} as leaves,
        0 as measures,
        0 as hours_per_week
    from {{ ref('int_participation__leave') }}
    union all
    select
        participation_no,
        {{ day }} as day_no,
        0 as leaves,
        {{ sign }} as measures,
        {{ sign }} * hours_per_week as hours_per_week
    from {{ ref('int_measure__spells') }}
    {%- endfor %}
),

stretches as (
    {{ stretches(
        'changes',
        ['participation_no'],
        {'leaves': 'bigint', 'measures': 'bigint', 'hours_per_week': 'decimal(15, 6)'},
    ) }}
),

final as (
    select
        participation_no,
        first_day_no,
        last_day_no,
        weekdays,
        leaves > 0 as is_leave,
        leaves = 0 and measures > 0 as has_measure,
        case when leaves > 0 then 0 else hours_per_week end as hours_per_week
    from stretches
)

select * from final
