-- Countries with few persons are pooled when the cube is protected, by the policy's limit. Country
-- and county only: SSB prints no country of birth for a municipality.
with leaves as (
    select
        period,
        period_type,
        municipality_code,
        sex,
        country_of_birth,
        count(*) as participants
    from {{ ref('stat_base_persons') }}
    group by period, period_type, municipality_code, sex, country_of_birth
),

rolled as (
    {{ rolled_up('leaves', ['sex', 'country_of_birth'], {'participants': 'bigint'}) }}
),

wide as (
    select
        *,
        {{ over_total('participants', 'sex', ['country_of_birth']) }} as both_sexes
    from rolled
    where region_type in ('country', 'county')
),

final as (
    {{ long_cube('wide', ['sex', 'country_of_birth'], {
        'participants': {'value': 'participants', 'persons': 'participants'},
        'percent': {'value': percent('participants', 'both_sexes'), 'persons': 'participants'},
    }) }}
)

select * from final
