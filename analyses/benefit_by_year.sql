-- Introduction benefit by year: recipients (sum of the year above zero), NOK paid and mean, and how
-- much of it has no participation in NIR in the same month.
with persons as (
    select
        extract(year from benefit_month) as year,
        person_key,
        sum(amount) as amount,
        sum(case when is_matched then 0 else amount end) as unmatched_amount
    from {{ ref('fct_benefit_months') }}
    group by year, person_key
)

select
    year,
    count(*) as recipients,
    sum(amount) as nok,
    cast(round(avg(amount)) as bigint) as mean_nok_per_recipient,
    cast(sum(unmatched_amount) as double) / sum(amount) as unmatched_share
from persons
where amount > 0
group by year
order by year
