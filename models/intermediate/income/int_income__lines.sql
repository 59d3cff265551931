{{ config(meta={'pieces': {
    'by': 'income_month', 'versions': 'income_month_versions',
    'of': {'stg_aordningen__inntekt': ['income_month']},
}}) }}

-- The income lines the statistics read: introduction benefit, and the wages of November.
with all_lines as (
    select
        ident,
        unit_id,
        income_month,
        {{ each_element('income_lines') }} as line
    from {{ ref('stg_aordningen__inntekt') }}
    where is_current
),

kinds as (
    select
        ident,
        unit_id,
        income_month,
        case
            when {{ field('line', 'pensjonellertrygd', 'beskrivelse') }} = 'introduksjonsstoenad'
                then 'benefit'
            when {{ is_there(field('line', 'loennsinntekt')) }} then 'wage'
        end as kind,
        {{ parsed_decimal(clean(field('line', 'beloep'))) }} as amount
    from all_lines
),

final as (
    select
        coalesce(idents.person_key, kinds.ident) as person_key,
        kinds.unit_id,
        kinds.income_month,
        kinds.kind,
        kinds.amount
    from kinds
    left join {{ ref('int_identity__current_idents') }} as idents on kinds.ident = idents.ident
    where
        kinds.kind = 'benefit'
        or (kinds.kind = 'wage' and extract(month from kinds.income_month) = 11)
)

select * from final
