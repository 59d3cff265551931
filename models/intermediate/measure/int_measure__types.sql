-- Types by a small number: a table of millions of weeks that repeats their text in every row takes
-- twice as long to write. A word that is in no code list is of the type ukjent.
with types as (
    select measure_type
    from {{ ref('measure_words') }}
    union
    select 'ukjent' as measure_type
),

final as (
    select
        cast(row_number() over (order by measure_type) as smallint) as measure_type_no,
        measure_type
    from types
)

select * from final
