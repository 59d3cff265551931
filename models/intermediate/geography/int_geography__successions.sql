-- The code that a municipality's place has on a day. Since the code was made, mergers and
-- renumberings are followed; a split has no single successor, so its old code is kept. Before, the
-- place had the one code that has led to it by as_of: null if there are several.
with recursive made as (
    select new_code from {{ ref('municipality_changes') }}
    group by new_code
),

-- Codes that no reform in the list has made count as old as any day.
codes as (
    select
        municipalities.municipality_code,
        municipalities.county_code,
        case
            when min(made.new_code) is null then date '0001-01-01'
            else min(municipalities.valid_from)
        end as first_day,
        max(coalesce(municipalities.valid_to, date '9999-12-31')) as until_date
    from {{ ref('municipalities') }} as municipalities
    left join made on municipalities.municipality_code = made.new_code
    group by municipalities.municipality_code, municipalities.county_code
),

later as (
    select
        municipality_code,
        municipality_code as current_code,
        first_day as from_date
    from codes
    union all
    select
        later.municipality_code,
        changes.new_code as current_code,
        changes.change_date as from_date
    from later
    inner join {{ ref('municipality_changes') }} as changes
        on
            later.current_code = changes.old_code
            and later.from_date < changes.change_date
    where not changes.is_split
),

origins as (
    select
        municipality_code,
        municipality_code as origin_code,
        first_day,
        date '9999-12-31' as until_date
    from codes
    union all
    select
        origins.municipality_code,
        changes.old_code as origin_code,
        origins.first_day,
        changes.change_date as until_date
    from origins
    inner join {{ ref('municipality_changes') }} as changes
        on
            origins.origin_code = changes.new_code
            and origins.until_date > changes.change_date
    cross join {{ ref('int_time__vintage') }} as vintage
    where changes.change_date <= greatest(vintage.as_of, origins.first_day)
),

possible as (
    select
        origins.municipality_code,
        origins.origin_code,
        codes.county_code,
        codes.first_day as from_date,
        least(origins.until_date, codes.until_date, origins.first_day) as until_date
    from origins
    inner join codes on origins.origin_code = codes.municipality_code
    where codes.first_day < origins.first_day
),

edges as (
    select
        municipality_code,
        from_date as edge
    from possible
    union
    select
        municipality_code,
        until_date as edge
    from possible
),

spans as (
    select
        municipality_code,
        edge as from_date,
        lead(edge) over (partition by municipality_code order by edge) as until_date
    from edges
),

earlier as (
    select
        spans.municipality_code,
        case when count(distinct possible.origin_code) = 1 then min(possible.origin_code) end
            as current_code,
        case when count(distinct possible.county_code) = 1 then min(possible.county_code) end
            as county_code,
        spans.from_date,
        spans.until_date
    from spans
    inner join possible
        on
            spans.municipality_code = possible.municipality_code
            and spans.from_date >= possible.from_date
            and spans.until_date <= possible.until_date
    group by spans.municipality_code, spans.from_date, spans.until_date
),

since as (
    select
        later.municipality_code,
        later.current_code,
        codes.county_code,
        later.from_date,
        lead(later.from_date, 1, date '9999-12-31') over (
            partition by later.municipality_code
            order by later.from_date
        ) as until_date
    from later
    inner join codes on later.current_code = codes.municipality_code
),

final as (
    select
        municipality_code,
        current_code,
        county_code,
        from_date,
        until_date
    from earlier
    union all
    select
        municipality_code,
        current_code,
        county_code,
        from_date,
        until_date
    from since
)

select * from final
