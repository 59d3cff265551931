-- The country's figures by sex and period, taken from the cubes: each is defined in one of them.
with final as (
    {{ main_figures('stat_', ['period', 'period_type', 'sex', 'persons']) }}
)

select
    period,
    period_type,
    sex,
    measure,
    value,
    persons
from final
