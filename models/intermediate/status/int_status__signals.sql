select
    idents.person_key,
    signals.signal,
    signals.from_date,
    coalesce(signals.to_date, date '9999-12-31') as to_date
from {{ ref('stg_status__signaler') }} as signals
inner join {{ ref('int_identity__idents') }} as idents on signals.ident = idents.ident
