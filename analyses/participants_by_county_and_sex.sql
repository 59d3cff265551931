-- How many took part in 2017, by county and sex? One person counts once a year, in the municipality
-- of the participation that ends last. Protected addresses are left out below the country.
select
    county_code,
    sex,
    count(*) as participants
from {{ ref('fct_participant_periods') }}
where period = '2017' and not is_address_protected
group by county_code, sex
order by county_code, sex
