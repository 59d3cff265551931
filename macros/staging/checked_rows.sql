{#
    Every received row of a file, typed by the contract, with the reason it is quarantined for or null.

    The reasons and their order are those of warehouse.md, "Nothing lost": the first that fits counts.
    A faulty row never displaces a good one: the contest for a key is among rows without another fault.

    parent: relation of accepted parents, which rows must belong to by `parent_key`, else orphan.
    duplicates: whether a row with the same content as an earlier line is a fault.
    unreadable: condition on the received row under which nothing in it can be read.
    contract: source whose contract the file keeps, if it is not the source itself.
#}

{% macro checked_rows(
    source_name, table_name, parent=none, parent_key='deltakelse_id', duplicates=true, unreadable=none,
    contract=none
) %}
{%- set received = source(source_name, table_name) -%}
{%- if not execute -%}{{ return('select 1') }}{%- endif -%}
{%- set table = contract_table(contract or source_name, table_name) -%}
{%- set columns = table.columns.values() | list -%}
{%- set names = columns | map(attribute='name') | list -%}
{%- set place = ['delivered', 'file_name', 'line_number'] -%}
{%- set key = names_with(columns, 'key', true) | first -%}
{%- set registered = names_with(columns, 'registered', true) | first -%}
{%- set from = names_with(columns, 'period', 'from') | first -%}
{%- set to = names_with(columns, 'period', 'to') | first -%}
{%- set content = place[:2] + names + ['extra_columns', 'line_content'] -%}
{%- set values = place + value_columns(columns) -%}
{#- Every row goes through once, from the file to the table: what is read more than once (which keys and lines
    stand twice, which row wins a key) are few rows, and joined back by where they stand. -#}
with {% if key %}repeated_keys as (
    select
        delivered,
        coalesce({{ clean(key) }}, '') as repeated_key
    from {{ received }} as received
    group by 1, 2
    having count(*) > 1
),

-- Only a row whose key stands twice can repeat an earlier line or contest a key.
repeated as (
    select received.*
    from {{ received }} as received
    inner join repeated_keys
        on received.delivered = repeated_keys.delivered
        and coalesce({{ clean('received.' ~ key) }}, '') = repeated_keys.repeated_key
),
{% endif %}

{% if duplicates %}
same_content as (
    select
        delivered,
        file_name,
        line_number,
        row_number() over (
            partition by {{ quoted(content) | join(', ') }}
            order by line_number
        ) as place
    from {{ 'repeated' if key else received ~ ' as received' }}
),

duplicates as (
    select delivered, file_name, line_number
    from same_content
    where place > 1
),
{% endif %}

{%- set judging = {
    'columns': columns, 'values': values, 'place': place, 'from': from, 'to': to, 'duplicates': duplicates,
    'parent': parent, 'parent_key': parent_key, 'unreadable': unreadable,
} %}
{% if key %}
{{ judged_rows('repeated_', 'repeated', judging) }},

contested as (
    select
        delivered,
        file_name,
        line_number,
        row_number() over (
            partition by delivered, {{ adapter.quote(key) }}
            order by {{ adapter.quote(registered) ~ ' desc, ' if registered }} line_number desc, file_name desc
        ) as place
    from repeated_judged
    where reason is null and {{ adapter.quote(key) }} is not null
),

superseded as (
    select delivered, file_name, line_number
    from contested
    where place > 1
),
{% endif %}

{{ judged_rows('', received ~ ' as received', judging) }},

ruled as (
    select
        judged.*,
        {%- if key %}
        case when superseded.line_number is not null then 'superseded_key' else judged.reason end
        {%- else %}
        judged.reason
        {%- endif %} as last_reason
    from judged
    {%- if key %}
    left join superseded
        on {% for name in place -%}
        judged.{{ name }} = superseded.{{ name }}{{ ' and ' if not loop.last }}
        {%- endfor %}
    {%- endif %}
),

final as (
    select
        {%- for name in values %}
        {{ name }}{{ ' as ' ~ name | lower if name != name | lower }},
        {%- endfor %}
        last_reason as reason,
        -- Few rows are quarantined, so only theirs are written out.
        case
            when last_reason is null then null
            when line_content is not null then line_content
            else {{ json_of(raw_values(columns)) }}
        end as row_content
    from ruled
)

select * from final
{% endmacro %}


{# CTEs, the last one named `judged` after the prefix: the relation's rows typed, with their first reason. #}
{% macro judged_rows(prefix, relation, judging) %}
{%- set columns, values = judging['columns'], judging['values'] -%}
{%- set raw = raw_values(columns).values() | list -%}
{{ prefix }}cleaned as (
    select
        {{ judging['place'] | join(', ') }},
        {%- for column in columns %}
        {{ adapter.quote(column.name) }} as raw_{{ loop.index }},
        {%- if column.data_type == 'income' or column_meta(column).get('identity') %}
        {{ adapter.quote(column.name) }} as text_{{ loop.index }},
        {%- elif column.data_type == 'ddmmyy' %}
        nullif({{ clean(adapter.quote(column.name)) }}, '000000') as text_{{ loop.index }},
        {%- else %}
        {{ clean(adapter.quote(column.name)) }} as text_{{ loop.index }},
        {%- endif %}
        {%- endfor %}
        {%- for name in beside_identities(columns) %}
        {{ name }},
        {%- endfor %}
        extra_columns,
        line_content,
        {{ judging['unreadable'] or 'false' }} as is_unreadable
    from {{ relation }}
    {{ evaluated_once() }}
),

{{ prefix }}typed as (
    select
        {{ judging['place'] | join(', ') }},
        {%- for column in columns %}
        {{ parsed('text_' ~ loop.index, column.data_type) }} as {{ adapter.quote(column.name) }},
        text_{{ loop.index }},
        {%- endfor %}
        {%- for name in beside_identities(columns) + raw %}
        {{ name }},
        {%- endfor %}
        line_content,
        is_unreadable
    from {{ prefix }}cleaned
    {{ evaluated_once() }}
),

{{ prefix }}marked as (
    select
        {%- for name in values + raw %}
        {{ name }},
        {%- endfor %}
        line_content,
        is_unreadable,
        {{ lacks_required(columns) }} as lacks_required,
        {{ cannot_be_read(columns) }} as cannot_be_read,
        {{ has_invalid_ident(columns) }} as has_invalid_ident
    from {{ prefix }}typed
    {{ evaluated_once() }}
),

{{ prefix }}judged as (
    select
        {%- for name in values + raw %}
        marked.{{ name }},
        {%- endfor %}
        marked.line_content,
        case
            {%- if judging['duplicates'] %}
            when duplicates.line_number is not null then 'duplicate_row'
            {%- endif %}
            when marked.lacks_required and not marked.is_unreadable then 'missing_required'
            when marked.cannot_be_read or marked.is_unreadable then 'unparseable_value'
            {%- if judging['from'] and judging['to'] %}
            when marked.{{ adapter.quote(judging['to']) }} < marked.{{ adapter.quote(judging['from']) }}
                then 'end_before_start'
            {%- endif %}
            when marked.has_invalid_ident then 'invalid_ident'
            {%- if judging['parent'] %}
            when parents.{{ adapter.quote(judging['parent_key']) }} is null then 'orphan'
            {%- endif %}
        end as reason
    from {{ prefix }}marked as marked
    {%- if judging['duplicates'] %}
    left join duplicates
        on {% for name in judging['place'] -%}
        marked.{{ name }} = duplicates.{{ name }}{{ ' and ' if not loop.last }}
        {%- endfor %}
    {%- endif %}
    {%- if judging['parent'] %}
    left join {{ judging['parent'] }} as parents
        on marked.{{ adapter.quote(judging['parent_key']) }} = parents.{{ adapter.quote(judging['parent_key']) }}
        and marked.delivered = parents.delivered
        and parents.reason is null
    {%- endif %}
)
{%- endmacro %}


{# The received values of a row by column, as `judged_rows` carries them beside the typed ones. #}
{% macro raw_values(columns) %}
    {%- set values = {} -%}
    {%- for column in columns -%}{%- do values.update({column.name: 'raw_' ~ loop.index}) -%}{%- endfor -%}
    {%- do values.update({'extra_columns': 'extra_columns'}) -%}
    {{- return(values) -}}
{% endmacro %}


{# The contract's columns and what the receipt put beside identity numbers, quoted. #}
{% macro value_columns(columns) %}
    {%- set names = [] -%}
    {%- for column in columns -%}
        {%- do names.append(adapter.quote(column.name)) -%}
    {%- endfor -%}
    {{- return(names + beside_identities(columns)) -}}
{% endmacro %}


{% macro quoted(names) %}
    {%- set quoted_names = [] -%}
    {%- for name in names -%}{%- do quoted_names.append(adapter.quote(name)) -%}{%- endfor -%}
    {{- return(quoted_names) -}}
{% endmacro %}


{% macro beside_identities(columns) %}
    {%- set names = [] -%}
    {%- for column in columns -%}
        {%- if column_meta(column).get('identity') -%}
            {%- do names.append(adapter.quote(column.name ~ '_is_valid')) -%}
        {%- endif -%}
        {%- if column_meta(column).get('ranked') -%}
            {%- do names.append(adapter.quote(column.name ~ '_rank')) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(names) -}}
{% endmacro %}


{% macro names_with(columns, property, value) %}
    {%- set names = [] -%}
    {%- for column in columns if column_meta(column).get(property) == value -%}
        {%- do names.append(column.name) -%}
    {%- endfor -%}
    {{- return(names) -}}
{% endmacro %}


{% macro lacks_required(columns) %}
    (
        false
        {%- for column in columns %}
        {%- if column_meta(column).get('required') %}
        or text_{{ loop.index }} is null
        {%- endif %}
        {%- if column.data_type == 'income' %}
        or {{ any_line('text_' ~ loop.index, clean(field('line', 'beloep')) ~ ' is null') }}
        {%- endif %}
        {%- set other = column_meta(column).get('required_or') %}
        {%- if other %}
        or (
            text_{{ loop.index }} is null
            and text_{{ (columns | map(attribute='name') | list).index(other) + 1 }} is null
        )
        {%- endif %}
        {%- endfor %}
    )
{%- endmacro %}


{% macro cannot_be_read(columns) %}
    (
        false
        {%- for column in columns if column.data_type != 'varchar' %}
        {%- set text = 'text_' ~ ((columns | map(attribute='name') | list).index(column.name) + 1) %}
        {%- if column.data_type == 'income' %}
        or {{ any_line(text, 'not ' ~ is_decimal(clean(field('line', 'beloep')))) }}
        {%- else %}
        or ({{ text }} is not null and {{ adapter.quote(column.name) }} is null)
        {%- endif %}
        {%- endfor %}
    )
{%- endmacro %}


{% macro has_invalid_ident(columns) %}
    (
        false
        {%- for column in columns if column_meta(column).get('identity') == 'ident' %}
        or not coalesce({{ adapter.quote(column.name ~ '_is_valid') }}, true)
        {%- endfor %}
    )
{%- endmacro %}
