select
    coalesce(idents.person_key, signals.ident) as person_key,
    signals.signal,
    signals.from_date,
    coalesce(signals.to_date, date '9999-12-31') as to_date
from {{ ref('stg_status__signaler') }} as signals
left join {{ ref('int_identity__current_idents') }} as idents on signals.ident = idents.ident
