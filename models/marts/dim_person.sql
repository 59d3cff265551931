select
    person_key,
    sex,
    birth_date,
    country_of_birth,
    citizenship,
    legal_regime,
    residence_basis,
    permit_date,
    arrival_date,
    has_upper_secondary,
    is_address_protected,
    settled_municipality_code,
    settled_date,
    death_date,
    is_research_reserved
from {{ ref('int_person__persons') }}
