-- SSB's former participants by the year of the status. The municipality is that of the last
-- participation, by its code at the end of the status year.
with leaves as (
    select
        period,
        period_type,
        place_code,
        years_after,
        sex,
        status_group,
        count(*) as former_participants
    from {{ ref('stat_base_former_participants') }}
    group by 1, 2, 3, 4, 5, 6
),

{{ counted_cube(
    'former_participants',
    ['sex', 'status_group'],
    kept=['years_after'],
    percent_over='status_group',
) }}

select * from final
