with checked as (
    {{
        checked_rows(
            'nir',
            'tiltak',
            parent=ref('base_nir_history__deltakelser'),
            duplicates=false,
            every_delivery=true,
        )
    }}
)

select
    deltakelse_id as participation_id,
    fra_dato as from_date,
    delivered
from checked
where reason is null
