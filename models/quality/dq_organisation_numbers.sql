-- C25: an organisation number is nine digits, the last a check digit. Asked of all that employers
-- report under or the list of units has, but for what a newer report or list replaced.
with mentioned as (
    select
        employer_id as organisation_number,
        'inntekt' as table_name
    from {{ ref('stg_aordningen__inntekt') }}
    where is_current
    group by employer_id
    union all
    select
        unit_id as organisation_number,
        'inntekt' as table_name
    from {{ ref('stg_aordningen__inntekt') }}
    where is_current
    group by unit_id
    union all
    select
        unit_id as organisation_number,
        'virksomheter' as table_name
    from {{ ref('int_income__units') }}
),

numbers as (
    select
        organisation_number,
        max(table_name) as table_name
    from mentioned
    group by organisation_number
),

-- The municipality is the one that the unit belonged to last.
municipalities as (
    select
        unit_id,
        municipality_code
    from {{ ref('int_income__units') }}
    qualify row_number() over (
        partition by unit_id
        order by valid_from desc, municipality_code asc
    ) = 1
),

final as (
    select
        'C25' as rule_id,
        'organisation number' as unit_type,
        numbers.organisation_number as unit_id,
        cast(null as {{ dbt.type_string() }}) as person_key,
        cast(null as {{ dbt.type_string() }}) as participation_id,
        municipalities.municipality_code,
        cast(null as {{ dbt.type_string() }}) as legal_regime,
        false as is_address_protected,
        vintage.observed_until as event_date,
        true as is_applicable,
        not {{ is_organisation_number('numbers.organisation_number') }} as is_finding,
        -- What is no nine digits may be a person's number, replaced.
        case
            when length(numbers.organisation_number) = 9
                then 'Organisasjonsnummer ' || numbers.organisation_number || ' er ikke gyldig'
            else 'Organisasjonsnummeret har ikke ni siffer'
        end || '; det står i ' || numbers.table_name as detail
    from numbers
    left join municipalities on numbers.organisation_number = municipalities.unit_id
    cross join {{ ref('int_time__vintage') }} as vintage
)

select * from final
