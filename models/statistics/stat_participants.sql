-- Percent: the sexes' shares of an age band, one decimal, as SSB prints them.
with leaves as (
    select
        period,
        period_type,
        municipality_code,
        sex,
        age_band,
        count(*) as participants
    from {{ ref('stat_base_persons') }}
    group by period, period_type, municipality_code, sex, age_band
),

rolled as (
    {{ rolled_up('leaves', ['sex', 'age_band'], {'participants': 'bigint'}) }}
),

wide as (
    select
        *,
        {{ over_total('participants', 'sex', ['age_band']) }} as both_sexes
    from rolled
),

final as (
    {{ long_cube('wide', ['sex', 'age_band'], {
        'participants': {'value': 'participants', 'persons': 'participants'},
        'percent': {'value': percent('participants', 'both_sexes', 1), 'persons': 'participants'},
    }) }}
)

select * from final
