select
    period,
    period_type,
    first_day,
    last_day
from {{ ref('int_time__periods') }}
