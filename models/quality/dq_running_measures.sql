-- C01: an ongoing participant has a measure running within the last months.
select
    'C01' as rule_id,
    'participation' as unit_type,
    participations.participation_id as unit_id,
    participations.person_key,
    participations.participation_id,
    participations.municipality_code,
    participations.legal_regime,
    participations.is_address_protected,
    ongoing.observed_until as event_date,
    ongoing.is_older and not ongoing.is_on_leave_throughout as is_applicable,
    not ongoing.has_recent_measure as is_finding,
    case
        when ongoing.last_measure_date is null
            then
                'Ingen tiltak registrert siden start '
                || {{ date_text('participations.start_date') }}
        else 'Siste tiltak sluttet ' || {{ date_text('ongoing.last_measure_date') }}
    end as detail
from {{ ref('fct_ongoing_participation') }} as ongoing
inner join {{ ref('int_participation__accepted') }} as participations
    on ongoing.participation_id = participations.participation_id
