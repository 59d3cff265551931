-- Apart from the vintage: most of what is built rests on this day alone, and a delivery of another
-- register does not move it.
select observed_until
from {{ ref('int_time__vintage') }}
