-- Percent: the sexes' shares of an age band, one decimal, as SSB prints them.
with leaves as (
    select
        period,
        period_type,
        {{ counted_place() }} as place_code,
        coalesce(sex, {{ unknown_code() }}) as sex,
        age_band,
        count(*) as participants
    from {{ ref('fct_participant_periods') }}
    group by 1, 2, 3, 4, 5
),

{{ counted_cube('participants', ['sex', 'age_band'], percent_over='sex', decimals=1) }}

select * from final
