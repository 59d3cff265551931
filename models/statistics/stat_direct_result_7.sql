-- IMDi's direct result: one exit at most for each person and period; reasons that are not
-- registered or not known stay in the denominator.
with leaves as (
    select
        period,
        period_type,
        {{ counted_place() }} as place_code,
        coalesce(sex, {{ unknown_code() }}) as sex,
        termination_group,
        count(*) as exits
    from {{ ref('fct_participant_periods') }}
    where is_exit
    group by 1, 2, 3, 4, 5
),

{{ counted_cube('exits', ['sex', 'termination_group'], percent_over='termination_group') }}

select * from final
