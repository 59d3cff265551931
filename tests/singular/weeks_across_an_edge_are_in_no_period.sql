-- A half-year or a year holds the weeks that have all their seven days in it; no other does.
{{ config(enabled=target.type == 'duckdb') }}

with weeks as (
    select
        *,
        make_date(cast(extract(year from week_end) as integer), 7, 1) as july,
        case
            when extract(year from week_start) = extract(year from week_end)
                then extract(year from week_end)
        end as expected_year
    from {{ ref('dim_week') }}
)

select *
from weeks
where
    week_end <> week_start + 6
    or year is distinct from expected_year
    or half_year is distinct from case
        when week_end < july then expected_year || 'H1'
        when week_start >= july then expected_year || 'H2'
    end
