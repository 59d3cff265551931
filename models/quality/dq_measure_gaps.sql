-- C04: every programme day is covered by a measure; more in a row without one than the limit is a
-- finding.
with longest as (
    select
        participation_no,
        first_day,
        last_day,
        gap_days
    from {{ ref('int_participation__gaps') }}
    qualify row_number() over (
        partition by participation_no
        order by gap_days desc, first_day asc
    ) = 1
),

final as (
    select
        'C04' as rule_id,
        'participation' as unit_type,
        participations.participation_id as unit_id,
        participations.person_key,
        participations.participation_id,
        participations.municipality_code,
        participations.legal_regime,
        participations.is_address_protected,
        participations.last_day as event_date,
        facts.programme_days > 0 as is_applicable,
        coalesce(longest.gap_days > {{ rule_limit('C04', 'days') }}, false) as is_finding,
        cast(longest.gap_days as {{ dbt.type_string() }}) || ' programdager uten tiltak fra '
        || {{ date_text('longest.first_day') }} || ' til '
        || {{ date_text('longest.last_day') }} as detail
    from {{ ref('int_participation__accepted') }} as participations
    inner join {{ ref('fct_participation') }} as facts
        on participations.participation_id = facts.participation_id
    left join longest on participations.participation_no = longest.participation_no
    where participations.has_begun
)

select * from final
