-- The country's earlier periods as they are known now; where few persons are behind a figure it is
-- hidden for both sexes. A half-year (2017H2) has half-years before it, a year years.
-- A percent of persons tells how many there are on either side of it. Amounts by sex are hidden
-- where the sex of few is not known: what they leave of the total would be theirs. What releases of
-- earlier periods hide stays hidden, and so are exits that would give former participants away.
{%- set period = var('release_period') or '' %}
with known as (
    select *
    from {{ ref('stat_series') }}
    where
        period < '{{ period }}'
        and length(period) = length('{{ period }}')
),

wholes as (
    select
        'direct_result_percent' as measure,
        'exits' as whole
    union all
    select
        'status_percent' as measure,
        'former_participants' as whole
),

-- A percent has no row where its part is nobody: it is 0 of those that there are.
percents as (
    select
        counts.period,
        counts.sex,
        wholes.measure,
        case when counts.value > 0 then coalesce(known.value, 0) end as value,
        coalesce(known.persons, 0) as persons,
        counts.persons - coalesce(known.persons, 0) as others
    from known as counts
    inner join wholes on counts.measure = wholes.whole
    left join known
        on
            counts.period = known.period
            and counts.sex = known.sex
            and wholes.measure = known.measure
),

figures as (
    select
        known.period,
        known.sex,
        known.measure,
        known.value,
        known.persons,
        known.persons as others
    from known
    left join wholes on known.measure = wholes.measure
    where wholes.measure is null
    union all
    select
        period,
        sex,
        measure,
        value,
        persons,
        others
    from percents
    where value is not null
),

without_sex as (
    select distinct period
    from known
    where
        sex = {{ unknown_code() }}
        and measure = 'recipients'
        and not {{ enough_persons('value') }}
),

earlier as (
    select
        figures.period,
        figures.sex,
        figures.measure,
        figures.value,
        min(
            case
                when
                    {{ enough_persons('figures.persons') }}
                    and {{ enough_persons('figures.others') }}
                    then 1
                else 0
            end
        ) over (partition by figures.period, figures.measure) = 1
        and not (
            figures.measure in ('amount', 'mean_amount')
            and figures.sex <> {{ total_code() }}
            and without_sex.period is not null
        )
        and hidden.period is null as is_shown
    from figures
    left join without_sex on figures.period = without_sex.period
    left join {{ source('protected_cells', 'main_figures_hidden') }} as hidden
        on
            figures.period = hidden.period
            and figures.sex = hidden.sex
            and figures.measure = hidden.measure
    where figures.sex <> {{ unknown_code() }}
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
