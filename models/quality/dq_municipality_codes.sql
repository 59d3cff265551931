-- C21: a municipality code is valid on the date of the event. What counts all the same is told. A
-- residence may be in a place that is no municipality.
with codes as (
    select
        'personer' as unit_type,
        ident as unit_id,
        ident,
        cast(null as {{ dbt.type_string() }}) as participation_id,
        settled_municipality_code as municipality_code,
        coalesce(settled_date, registered_date) as event_date
    from {{ ref('stg_nir__personer') }}
    where settled_municipality_code is not null
    union all
    select
        'kategorier' as unit_type,
        category_id as unit_id,
        ident,
        cast(null as {{ dbt.type_string() }}) as participation_id,
        municipality_code,
        from_date as event_date
    from {{ ref('stg_nir__kategorier') }}
    where municipality_code is not null
    union all
    select
        'vedtak' as unit_type,
        decision_id as unit_id,
        ident,
        cast(null as {{ dbt.type_string() }}) as participation_id,
        municipality_code,
        decision_date as event_date
    from {{ ref('stg_nir__vedtak') }}
    where municipality_code is not null
    union all
    select
        'deltakelser' as unit_type,
        participation_id as unit_id,
        ident,
        participation_id,
        municipality_code,
        start_date as event_date
    from {{ ref('stg_nir__deltakelser') }}
    where municipality_code is not null
    union all
    select
        'bosatt' as unit_type,
        residence_id as unit_id,
        ident,
        cast(null as {{ dbt.type_string() }}) as participation_id,
        municipality_code,
        from_date as event_date
    from {{ ref('stg_folkeregister__bosatt') }}
    where municipality_code is not null
    union all
    select
        'virksomheter' as unit_type,
        unit_id || '/' || cast(valid_from as {{ dbt.type_string() }})
        || '/' || cast(line_number as {{ dbt.type_string() }})
            as unit_id,
        cast(null as {{ dbt.type_string() }}) as ident,
        cast(null as {{ dbt.type_string() }}) as participation_id,
        municipality_code,
        valid_from as event_date
    from {{ ref('int_income__units') }}
    union all
    select
        '11b' as unit_type,
        file_name || '/' || cast(line_number as {{ dbt.type_string() }}) as unit_id,
        ident,
        cast(null as {{ dbt.type_string() }}) as participation_id,
        municipality_code,
        {{ dbt.date('reporting_year', 12, 31) }} as event_date
    from {{ ref('stg_kostra__11b') }}
    where is_current
),

final as (
    select
        'C21' as rule_id,
        codes.unit_type,
        codes.unit_id,
        idents.person_key,
        codes.participation_id,
        codes.municipality_code,
        persons.legal_regime,
        coalesce(persons.is_address_protected, false) as is_address_protected,
        codes.event_date,
        -- Of a registration that is not dated nobody can say which codes were valid then.
        codes.event_date is not null as is_applicable,
        codes.event_date is not null
        and municipalities.municipality_code is null
        and not (codes.unit_type = 'bosatt' and other_places.place_code is not null)
            as is_finding,
        'Kommunenummer ' || {{ shown_word('codes.municipality_code') }}
        || case
            when other_places.place_code is not null
                then ' (' || other_places.label_nb || ') er ingen kommune'
            when successions.municipality_code is null then ' finnes ikke'
            else
                ' gjaldt ikke ' || {{ date_text('codes.event_date') }}
                || case
                    when successions.current_code = codes.municipality_code
                        then '; kommunen er delt'
                    else
                        coalesce(
                            '; regnes som ' || successions.current_code,
                            '; flere kommuner er mulige'
                        )
                end
        end as detail
    from codes
    left join {{ ref('municipalities') }} as municipalities
        on
            codes.municipality_code = municipalities.municipality_code
            and codes.event_date >= municipalities.valid_from
            and codes.event_date < coalesce(municipalities.valid_to, date '9999-12-31')
    left join {{ ref('other_places') }} as other_places
        on codes.municipality_code = other_places.place_code
    {{ join_successor('codes.municipality_code', 'codes.event_date') }}
    left join {{ ref('int_identity__idents') }} as idents on codes.ident = idents.ident
    left join {{ ref('int_person__persons') }} as persons
        on idents.person_key = persons.person_key
)

select * from final
