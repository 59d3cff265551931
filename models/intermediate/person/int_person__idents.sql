with final as (
    select
        idents.ident,
        idents.person_key,
        persons.person_no
    from {{ ref('int_identity__current_idents') }} as idents
    left join {{ ref('int_person__persons') }} as persons on idents.person_key = persons.person_key
    -- Not all: the number that a loop is broken at stands on either side.
    union
    select
        person_key as ident,
        person_key,
        person_no
    from {{ ref('int_person__persons') }}
)

select * from final
