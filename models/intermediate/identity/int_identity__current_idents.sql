-- An earlier number may have been replaced by one that was replaced in its turn: every chain is
-- followed to its end. The numbers passed make the walk stop in a loop.
with recursive links as (
    select
        ident,
        ident_rank,
        current_ident
    from {{ ref('stg_folkeregister__identer') }}
    where ident <> current_ident
),

walk as (
    select
        ident,
        current_ident as reached_ident,
        ' ' || ident || ' ' as passed
    from links
    union all
    select
        walk.ident,
        links.current_ident as reached_ident,
        walk.passed || walk.reached_ident || ' ' as passed
    from walk
    inner join links on walk.reached_ident = links.ident
    where position(' ' || walk.reached_ident || ' ' in walk.passed) = 0
),

looped as (
    select ident from walk
    where ident = reached_ident
),

-- A chain ends at a number without successor; in a loop at the number that sorts first.
ends as (
    select
        walk.ident,
        walk.reached_ident,
        looped.ident is not null as is_loop,
        row_number() over (partition by walk.ident order by links.ident_rank) as place
    from walk
    left join looped on walk.reached_ident = looped.ident
    left join links on walk.reached_ident = links.ident
    where links.ident is null or looped.ident is not null
),

final as (
    select
        ident,
        reached_ident as person_key,
        is_loop
    from ends
    where place = 1
)

select * from final
