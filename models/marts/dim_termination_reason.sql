-- Words outside the list are facts as well: they map to the group ukjent.
with unknown_words as (
    select distinct termination_reason
    from {{ ref('int_participation__accepted') }}
    where termination_reason is not null
),

final as (
    select
        coalesce(reasons.termination_reason, unknown_words.termination_reason)
            as termination_reason,
        coalesce(reasons.label_nb, 'Ukjent kode') as label_nb,
        coalesce(reasons.label_en, 'Unknown code') as label_en,
        coalesce(reasons.termination_group, 'ukjent') as termination_group
    from {{ ref('termination_reasons') }} as reasons
    full outer join unknown_words
        on reasons.termination_reason = unknown_words.termination_reason
)

select
    final.termination_reason,
    final.label_nb,
    final.label_en,
    final.termination_group,
    groups.label_nb as group_label_nb,
    groups.label_en as group_label_en,
    results.is_work_or_education,
    groups.sort_order,
    groups.result_group
from final
inner join {{ ref('termination_groups') }} as groups
    on final.termination_group = groups.termination_group
inner join {{ ref('result_groups') }} as results on groups.result_group = results.result_group
