select
    statuses.status_code,
    statuses.label_nb,
    statuses.label_en,
    statuses.status_group,
    groups.label_nb as group_label_nb,
    groups.label_en as group_label_en,
    statuses.priority
from {{ ref('statuses') }} as statuses
inner join {{ ref('status_groups') }} as groups on statuses.status_group = groups.status_group
