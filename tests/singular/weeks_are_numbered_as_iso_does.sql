-- dim_week counts weeks with arithmetic of its own; DuckDB's ISO calendar must agree.
{{ config(enabled=target.type == 'duckdb') }}

select *
from {{ ref('dim_week') }}
where
    iso_week <> extract(week from week_start)
    or iso_year <> extract(isoyear from week_start)
    or extract(isodow from week_start) <> 1
