{#
    Every received row of a file that this vintage reads, typed by the contract, with the reason it is
    quarantined for or null. The reasons and their order are those of docs/extracts.md: the first that fits
    counts. A faulty row never displaces a good one: only rows without a fault contest a key.

    parent: relation of the rows that these must belong to by deltakelse_id, else orphan.
    duplicates: whether a row with the same content as an earlier line is a fault.
    unreadable: condition on a received row under which nothing in it can be read. So can nothing in a row that the
    receipt marked 'row', and something not in one that it marked 'value' (docs/extracts.md).
    every_delivery: read all deliveries known at as_of, not only those that count.
#}
{% macro checked_rows(
    source_name, table_name, parent=none, duplicates=true, unreadable='false', every_delivery=false
) %}
{%- set received = source(source_name, table_name) -%}
{%- set files = ref('stg_receipt__files') -%}
{%- do ref('placeholder_dates') -%}
{%- if not execute -%}{{ return('select 1') }}{%- endif -%}
{%- set columns = contract_columns(source_name, table_name) -%}
{%- set beside = columns | map(attribute='beside') | sum(start=[]) -%}
{#- A column's value and text by its name: value_3 and text_3 of the third. -#}
{%- set number_of = {} -%}
{%- for column in columns -%}{%- do number_of.update({column.source_name: loop.index}) -%}{%- endfor -%}
{%- set key = columns | selectattr('key') | first -%}
{%- set decides = columns | selectattr('decides') | first -%}
{%- set from = columns | selectattr('period', 'equalto', 'from') | first -%}
{%- set to = columns | selectattr('period', 'equalto', 'to') | first -%}
with received as (
    select
        *,
        {%- for column in columns %}
        {{ column.text }} as text_{{ loop.index }},
        {%- endfor %}
        {{ unreadable }} or coalesce(unreadable = 'row', false) as is_unreadable,
        {%- if duplicates %}
        row_number() over (
            partition by
                delivered, file_name, extra_columns, line_content,
                {{ columns | map(attribute='quoted') | join(', ') }}
            order by line_number
        ) as occurrence
        {%- else %}
        1 as occurrence
        {%- endif %}
    from {{ received }} as received
    where delivered in (
        select files.delivered from {{ files }} as files
        where files.source = '{{ source_name }}'
            and {{ 'files.delivered <= files.as_of' if every_delivery else 'files.is_used' }}
    )
),

typed as (
    select
        received.*,
        {%- for column in columns %}
        {{ parsed('text_' ~ loop.index, column.type) }} as value_{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from received
),

judged as (
    select
        typed.*,
        case
            when typed.occurrence > 1 then 'duplicate_row'
            {%- for column in columns if column.required or column.required_or or column.type == 'income' %}
            when not typed.is_unreadable and {{ lacks_required(column, number_of) }} then 'missing_required'
            {%- endfor %}
            when typed.is_unreadable or typed.unreadable is not null then 'unparseable_value'
            {%- for column in columns if not column.is_text %}
            {%- set number = number_of[column.source_name] %}
            when {{ is_unparseable('typed.text_' ~ number, 'typed.value_' ~ number, column.type) }}
                then 'unparseable_value'
            {%- endfor %}
            {%- if from and to %}
            when typed.value_{{ number_of[to.source_name] }} < typed.value_{{ number_of[from.source_name] }}
                then 'end_before_start'
            {%- endif %}
            {%- for column in columns if column.identity == 'ident' %}
            when not typed.{{ column.beside[0] }} then 'invalid_ident'
            {%- endfor %}
            {%- if parent %}
            when parents.deltakelse_id is null then 'orphan'
            {%- endif %}
        end as fault
    from typed
    {%- if parent %}
    left join {{ parent }} as parents
        on typed.value_{{ number_of['deltakelse_id'] }} = parents.deltakelse_id
        and typed.delivered = parents.delivered
        and parents.reason is null
    {%- endif %}
),

-- Of rows with one key the latest by date wins, then the later line.
ranked as (
    select
        *,
        {%- if key %}
        row_number() over (
            partition by delivered, value_{{ number_of[key.source_name] }}, fault is null
            order by
                {{ 'value_' ~ number_of[decides.source_name] ~ ' desc nulls last,' if decides }}
                line_number desc, file_name desc
        ) as place
        {%- else %}
        1 as place
        {%- endif %}
    from judged
),

reasoned as (
    select
        *,
        case when fault is null and place > 1 then 'superseded_key' else fault end as reason
    from ranked
),

final as (
    select
        delivered,
        file_name,
        line_number,
        {%- for column in columns %}
        value_{{ loop.index }} as {{ column.name }},
        {%- endfor %}
        {%- for name in beside %}
        {{ name }} as {{ name | lower }},
        {%- endfor %}
        reason,
        -- The row as it came, of those alone that are set aside.
        case
            when reason is null then null
            when line_content is not null then line_content
            else {{ json_of(raw_values(columns)) }}
        end as row_content
    from reasoned
)

select * from final
{% endmacro %}


{# Whether a row lacks a column that must be there, or that must be there where another is not. #}
{% macro lacks_required(column, number_of) -%}
    {%- set text = 'typed.text_' ~ number_of[column.source_name] -%}
    {%- if column.type == 'income' -%}
    ({{ text }} is null or {{ any_line(text, clean('line.beloep') ~ ' is null') }})
    {%- elif column.may_be_placeholder -%}
    {{ received_text('typed.' ~ column.quoted, column.type) }} is null
    {%- elif column.required -%}
    {{ text }} is null
    {%- else -%}
    coalesce({{ text }}, typed.text_{{ number_of[column.required_or] }}) is null
    {%- endif -%}
{%- endmacro %}


{# The received values of a row by column. #}
{% macro raw_values(columns) %}
    {%- set values = {} -%}
    {%- for column in columns -%}{%- do values.update({column.source_name: column.quoted}) -%}{%- endfor -%}
    {%- do values.update({'extra_columns': 'extra_columns'}) -%}
    {{- return(values) -}}
{% endmacro %}
