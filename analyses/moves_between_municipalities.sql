-- Who moved? Persons whose municipality in one year is another than in the year before, by the
-- codes of the reference year, so that a merger is no move. Protected addresses are left out.
select
    later.period as year,
    earlier.reference_municipality_code as from_municipality_code,
    later.reference_municipality_code as to_municipality_code,
    count(*) as persons
from {{ ref('fct_participant_periods') }} as later
inner join {{ ref('fct_participant_periods') }} as earlier
    on
        later.person_key = earlier.person_key
        and cast(later.period as integer) = cast(earlier.period as integer) + 1
where
    later.period_type = 'year'
    and earlier.period_type = 'year'
    and later.reference_municipality_code <> earlier.reference_municipality_code
    and not later.is_address_protected
group by later.period, earlier.reference_municipality_code, later.reference_municipality_code
order by later.period, earlier.reference_municipality_code, later.reference_municipality_code
