-- IMDi's direct result by year and county: exits of the year, and percent of them to work or
-- education. Unregistered reasons stay in the denominator; protected addresses are left out below
-- the country.
select
    period as year,
    county_code,
    count(*) as exits,
    {{ percent('count_if(is_work_or_education)', 'count(*)') }} as to_work_or_education_percent
from {{ ref('fct_participant_periods') }}
where period_type = 'year' and is_exit and not is_address_protected
group by period, county_code
order by period, county_code
