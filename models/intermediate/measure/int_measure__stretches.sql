-- The programme days covered by measures of one type, cut where the planned hours change.
with measured as (
    select distinct
        participation_no,
        measure_type_no
    from {{ ref('int_measure__spells') }}
),

changes as (
    {%- for sign, day in [(1, 'first_day_no'), (-1, 'last_day_no + 1')] %}
    {{ 'union all' if not loop.first }}
    select
        participation_no,
        measure_type_no,
        {{ day }} as day_no,
        0 as leaves,
        {{ sign }} as measures,
        {{ sign }} * hours_per_week as hours_per_week
    from {{ ref('int_measure__spells') }}
    union all
    select
        leave.participation_no,
        measured.measure_type_no,
        leave.{{ day }} as day_no,
        {{ sign }} as leaves,
        0 as measures,
        0 as hours_per_week
    from {{ ref('int_participation__leave') }} as leave
    inner join measured on leave.participation_no = measured.participation_no
    {%- endfor %}
),

stretches as (
    {{ stretches(
        'changes',
        ['participation_no', 'measure_type_no'],
        {'leaves': 'bigint', 'measures': 'bigint', 'hours_per_week': 'decimal(15, 6)'},
    ) }}
),

final as (
    select
        participation_no,
        measure_type_no,
        first_day_no,
        last_day_no,
        weekdays,
        hours_per_week
    from stretches
    where leaves = 0 and measures > 0
)

select * from final
