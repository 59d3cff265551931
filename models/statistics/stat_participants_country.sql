-- Countries with few persons are pooled when the cube is protected, by the policy's limit. Country
-- and county only: SSB prints no country of birth for a municipality.
with leaves as (
    select
        period,
        period_type,
        {{ counted_place() }} as place_code,
        coalesce(sex, {{ unknown_code() }}) as sex,
        coalesce(country_of_birth, {{ unknown_code() }}) as country_of_birth,
        count(*) as participants
    from {{ ref('fct_participant_periods') }}
    group by 1, 2, 3, 4, 5
),

{{ counted_cube(
    'participants',
    ['sex', 'country_of_birth'],
    percent_over='sex',
    region_types=['country', 'county'],
) }}

select * from final
