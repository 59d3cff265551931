-- A-ordningen counts by payment; amounts in whole NOK.
with leaves as (
    select
        period,
        period_type,
        place_code,
        sex,
        age_band,
        count(*) as recipients,
        sum(amount) as amount
    from {{ ref('stat_base_recipients') }}
    group by period, period_type, place_code, sex, age_band
),

rolled as (
    {{ rolled_up(
        'leaves', ['sex', 'age_band'], {'recipients': 'bigint', 'amount': 'decimal(18, 2)'}) }}
),

final as (
    {{ long_cube('rolled', ['sex', 'age_band'], {
        'recipients': {'value': 'recipients', 'persons': 'recipients'},
        'amount': {'value': rounded_ratio('amount', 1), 'persons': 'recipients'},
        'mean_amount': {
            'value': rounded_ratio('amount', 'recipients'), 'persons': 'recipients'},
    }) }}
)

select * from final
