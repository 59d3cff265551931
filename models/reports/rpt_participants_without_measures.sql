-- The register's report "Deltakere i introduksjonsprogram uten gyldige tiltak de siste 2 mnd".
select
    ongoing.municipality_code,
    {{ current_code() }} as current_municipality_code,
    ongoing.person_key,
    ongoing.participation_id,
    ongoing.last_measure_date,
    ongoing.days_without_measure,
    ongoing.is_on_leave_throughout as is_on_leave
from {{ ref('fct_ongoing_participation') }} as ongoing
inner join {{ ref('dim_person') }} as persons on ongoing.person_key = persons.person_key
{{ join_successor('ongoing.municipality_code', 'ongoing.observed_until') }}
where
    ongoing.is_older
    and not ongoing.has_recent_measure
    and not coalesce(persons.is_address_protected, false)
