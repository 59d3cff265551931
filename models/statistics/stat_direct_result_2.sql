-- The same exits as in stat_direct_result_7, by whether they went to work or to education beyond
-- grunnskole.
with leaves as (
    select
        period,
        period_type,
        {{ counted_place() }} as place_code,
        coalesce(sex, {{ unknown_code() }}) as sex,
        result_group,
        count(*) as exits
    from {{ ref('fct_participant_periods') }}
    where is_exit
    group by 1, 2, 3, 4, 5
),

{{ counted_cube('exits', ['sex', 'result_group'], percent_over='result_group') }}

select * from final
