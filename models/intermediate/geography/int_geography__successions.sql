-- The code a municipality's place has had since. Mergers and renumberings are followed; a split has
-- no single successor, so its old code is kept.
with recursive changes as (
    select
        old_code,
        new_code,
        change_date
    from {{ ref('municipality_changes') }}
    where not is_split
),

walk as (
    select
        municipality_code,
        municipality_code as current_code,
        date '0001-01-01' as from_date
    from {{ ref('municipalities') }}
    group by municipality_code
    union all
    select
        walk.municipality_code,
        changes.new_code as current_code,
        changes.change_date as from_date
    from walk
    inner join changes
        on
            walk.current_code = changes.old_code
            and walk.from_date < changes.change_date
),

final as (
    select
        municipality_code,
        current_code,
        from_date,
        lead(from_date, 1, date '9999-12-31') over (
            partition by municipality_code
            order by from_date
        ) as until_date
    from walk
)

select * from final
