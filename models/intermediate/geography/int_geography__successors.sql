-- Each municipality code and the code that the same place has in the reference year. Mergers and
-- renumberings are followed; a split has no single successor and ends the walk.
with recursive changes as (
    select
        old_code,
        new_code,
        change_date,
    from {{ ref('municipality_changes') }}
    where not is_split
),

municipalities as (
    select
        municipality_code,
        valid_to,
    from {{ ref('municipalities') }}
    qualify row_number() over (partition by municipality_code order by valid_from desc) = 1
),

walk as (
    select
        municipality_code,
        municipality_code as reached_code,
        date '0001-01-01' as reached_date,
    from municipalities
    union
    select
        walk.municipality_code,
        changes.new_code as reached_code,
        changes.change_date as reached_date,
    from walk
    inner join changes
        on
            walk.reached_code = changes.old_code
            and walk.reached_date < changes.change_date
    where extract(year from changes.change_date) <= {{ var('reference_year') or 9999 }}
),

final as (
    select
        municipality_code,
        reached_code as code_in_reference_year,
    from walk
    qualify row_number() over (
        partition by municipality_code
        order by reached_date desc, reached_code
    ) = 1
)

select * from final
