{{ config(materialized='view') }}

-- What a line of income is paid for, by the words of A-ordningen.
with all_lines as (
    select
        ident,
        unit_id,
        income_month,
        {{ each_element('income_lines') }} as line
    from {{ ref('stg_aordningen__inntekt') }}
    where is_current
),

final as (
    select
        ident,
        unit_id,
        income_month,
        case
            when
                lower({{ clean('line.pensjonellertrygd.beskrivelse') }}) = 'introduksjonsstoenad'
                then 'benefit'
            when line.loennsinntekt is not null then 'wage'
        end as kind,
        {{ parsed_decimal(clean('line.beloep')) }} as amount
    from all_lines
)

select * from final
