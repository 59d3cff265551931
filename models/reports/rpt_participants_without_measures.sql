-- The register's report "Deltakere i introduksjonsprogram uten gyldige tiltak de siste 2 mnd".
select
    participations.municipality_code,
    coalesce(successions.current_code, participations.municipality_code)
        as current_municipality_code,
    participations.person_key,
    participations.participation_id,
    measures.last_measure_date,
    measures.days_without_measure,
    measures.is_on_leave_throughout as is_on_leave
from {{ ref('int_participation__recent_measures') }} as measures
inner join {{ ref('int_participation__accepted') }} as participations
    on measures.participation_no = participations.participation_no
{{ join_successor('participations.municipality_code', 'measures.observed_until') }}
where
    measures.is_older
    and not measures.has_recent_measure
    and not participations.is_address_protected
