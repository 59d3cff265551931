-- One row per former participant and status year: a person belongs to the year in which the last
-- participation ended, to none while it lasts.
with followed as (
    select
        person_key,
        municipality_code,
        cast(extract(year from end_date) as integer) as exit_year,
        {{ each_integer(1, 5) }} as years_after
    from (
        select
            *,
            ending_order = max(ending_order) over (partition by person_key) as is_last
        from {{ ref('int_participation__accepted') }}
        where has_begun
    ) as participations
    where is_last and end_date is not null
),

dated as (
    select
        *,
        exit_year + years_after as status_year,
        {{ dbt.date('exit_year + years_after', 11, 30) }} as reference_date,
        {{ dbt.date('exit_year + years_after', 12, 10) }} as known_after,
        {{ dbt.date('exit_year + years_after + 2', 1, 1) }} as final_from
    from followed
),

final as (
    select
        dated.person_key,
        dated.municipality_code,
        dated.exit_year,
        dated.status_year,
        dated.years_after,
        dated.reference_date,
        coalesce(vintage.status_delivered < dated.final_from, true) as is_preliminary,
        vintage.status_delivered is not null as has_status_source
    from dated
    inner join {{ ref('int_time__vintage') }} as vintage on dated.known_after < vintage.as_of
)

select * from final
