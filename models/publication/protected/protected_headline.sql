-- The country's earlier periods as they are known now; where few persons are behind a figure it is
-- hidden for both sexes. A half-year (2017H2) has half-years before it, a year years.
{%- set period = var('release_period') or '' %}
with earlier as (
    select
        period,
        sex,
        measure,
        value,
        min(case when {{ enough_persons('persons') }} then 1 else 0 end) over (
            partition by period, measure
        ) = 1 as is_shown
    from {{ ref('stat_series') }}
    where
        period < '{{ period }}'
        and length(period) = length('{{ period }}')
        and sex <> {{ unknown_code() }}
),

final as (
    select
        '{{ var("release") or "" }}' as release,
        period,
        'at_the_time' as region_set,
        'country' as region_type,
        {{ country_code() }} as region_code,
        sex,
        measure,
        case when is_shown then value end as value,
        case when is_shown then '' else ':' end as sign
    from earlier
)

select
    release,
    period,
    region_set,
    region_type,
    region_code,
    sex,
    measure,
    value,
    cast(sign as {{ dbt.type_string() }}) as sign
from final
