-- Every number that a source mentions, and whose it is: the person's current number, or the number
-- itself where nothing says that it was replaced. Numbers of quarantined rows are there as well.
with mentioned as (
    select ident from {{ ref('base_nir__personer') }}
    union
    select ident from {{ ref('base_nir__kategorier') }}
    union
    select ident from {{ ref('base_nir__vedtak') }}
    union
    select ident from {{ ref('base_nir__deltakelser') }}
    union
    select ident from {{ ref('stg_nir_history__vedtak') }}
    union
    select ident from {{ ref('stg_nir_history__deltakelser') }}
    union
    select ident from {{ ref('base_folkeregister__bosatt') }}
    union
    select ident from {{ ref('base_folkeregister__identer') }}
    union
    select gjeldende_ident as ident from {{ ref('base_folkeregister__identer') }}
    union
    select ident from {{ ref('base_status__signaler') }}
    union
    select personidentifikator as ident from {{ ref('base_aordningen__inntekt') }}
    union
    select fodselsnummer as ident from {{ ref('base_kostra__11b') }}
),

final as (
    select
        mentioned.ident,
        coalesce(chains.person_key, mentioned.ident) as person_key,
        coalesce(chains.is_loop, false) as is_loop
    from mentioned
    left join {{ ref('int_identity__current_idents') }} as chains on mentioned.ident = chains.ident
    where mentioned.ident is not null
)

select * from final
