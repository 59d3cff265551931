-- Of the release's own period every figure is the one of its cube, hidden where that is.
with figures as (
    {{ main_figures('pub_', cell_columns() + ['sex', 'sign']) }}
    union all
    select
        {{ (cell_columns() + ['sex', 'sign']) | join(',\n        ') }},
        measure,
        value
    from {{ source('protected', 'headline') }}
),

final as (
    select
        {{ (cell_columns() + ['sex']) | join(',\n        ') }},
        measure,
        cast(value as decimal(18, 1)) as value,
        cast(sign as {{ dbt.type_string() }}) as sign
    from figures
)

select * from final
