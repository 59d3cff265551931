select
    types.measure_type,
    types.label_nb,
    types.label_en,
    types.measure_group,
    groups.label_nb as group_label_nb,
    groups.label_en as group_label_en,
    types.sort_order
from {{ ref('measure_types') }} as types
inner join {{ ref('measure_groups') }} as groups on types.measure_group = groups.measure_group
