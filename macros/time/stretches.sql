{#
    Spells that overlap → stretches of days on which nothing changes.

    events: relation of the keys, day_no and the deltas (what is added from that day on; what a spell
    adds on its first day is taken away on the day after its last). deltas: name → type of its sum.
    One row per stretch that holds a Monday–Friday: keys, first_day_no, last_day_no, weekdays and each
    delta summed up to there. Cost grows with the number of spells, not of days or weeks.
#}
{% macro stretches(events, keys, deltas) %}
    select
        {{ keys | join(', ') }},
        {%- for delta, type in deltas.items() %}
        cast({{ delta }} as {{ type }}) as {{ delta }},
        {%- endfor %}
        day_no as first_day_no,
        next_day_no - 1 as last_day_no,
        cast({{ weekdays('day_no', '(next_day_no - 1)') }} as integer) as weekdays
    from (
        select
            {{ keys | join(', ') }},
            {%- for delta in deltas %}
            sum({{ delta }}) over (
                partition by {{ keys | join(', ') }}
                order by day_no
                rows unbounded preceding
            ) as {{ delta }},
            {%- endfor %}
            day_no,
            -- Of a day's rows the last alone sees another day, and it alone is kept: what is summed up to
            -- it is all that changes on the day, whatever the order of its rows.
            lead(day_no) over (partition by {{ keys | join(', ') }} order by day_no) as next_day_no
        from {{ events }}
    ) as changes_in_order
    where next_day_no is not null
        and {{ weekdays('day_no', '(next_day_no - 1)') }} > 0
{% endmacro %}


{#
    Stretches that share no day → the weeks they reach into.

    A whole Monday–Friday belongs to one stretch, so only part weeks have to be added up; whole weeks
    are written as they are. columns: list of name, type, value in a whole week, value in a part week
    of <days> Mondays to Fridays.
#}
{% macro weeks_of_stretches(stretches, keys, columns) %}
    select
        {{ keys | join(', ') }},
        {%- for column in columns %}
        cast(sum({{ column.name }}) as {{ column.type }}) as {{ column.name }},
        {%- endfor %}
        week_no
    from (
        -- from a Tuesday–Friday to the end of that week or of the stretch
        select
            {{ keys | join(', ') }},
            {{ part_week_values(columns,
                '(least(last_day_no, ' ~ week_number('first_day_no') ~ ' * 7 + 4) - first_day_no + 1)')
            }}
            {{ week_number('first_day_no') }} as week_no
        from {{ stretches }}
        where first_day_no % 7 between 1 and 4
        union all
        -- from a Monday to a Monday–Thursday
        select
            {{ keys | join(', ') }},
            {{ part_week_values(columns, '(last_day_no % 7 + 1)') }}
            {{ week_number('last_day_no') }} as week_no
        from {{ stretches }}
        where last_day_no % 7 < 4
            and (
                first_day_no % 7 = 0
                or {{ week_number('first_day_no') }} < {{ week_number('last_day_no') }}
            )
    ) as part_weeks
    group by {{ keys | join(', ') }}, week_no
    union all
    select
        {{ keys | join(', ') }},
        {%- for column in columns %}
        cast({{ column.whole }} as {{ column.type }}) as {{ column.name }},
        {%- endfor %}
        {{ each_integer(
            week_number('(first_day_no + 6)'), week_number('(last_day_no + 3)') ~ ' - 1') }} as week_no
    from {{ stretches }}
    where {{ week_number('(first_day_no + 6)') }} < {{ week_number('(last_day_no + 3)') }}
{% endmacro %}


{% macro part_week_values(columns, days) %}
    {%- for column in columns %}
    {{ column.part | replace('<days>', days) }} as {{ column.name }},
    {%- endfor %}
{% endmacro %}
