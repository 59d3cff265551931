{#
    What Spark spells differently (docs/scale-out.md). Profile settings that these macros rest on: texts
    keep their backslashes, and a cast that fails gives null, as dbt-spark has it.
#}

{# Spark's trim takes the plain space alone; DuckDB's takes all that Unicode calls spaces. #}
{% macro spark__trimmed(text) -%}
    regexp_replace({{ text }}, '^\p{Zs}+|\p{Zs}+\z', '')
{%- endmacro %}


{# A cast that fails gives null (see above). #}
{% macro spark__cast_or_null(text, type) -%}
    cast({{ text }} as {{ type }})
{%- endmacro %}


{# dbt-spark's own take literals only, and write timestamps. #}
{% macro spark__date(year, month, day) -%}
    make_date(cast({{ year }} as integer), cast({{ month }} as integer), cast({{ day }} as integer))
{%- endmacro %}

{% macro spark__datediff(first_date, second_date, datepart) -%}
    datediff({{ second_date }}, {{ first_date }})
{%- endmacro %}

{% macro spark__dateadd(datepart, interval, from_date_or_timestamp) -%}
    {{ {'day': 'date_add', 'month': 'add_months'}[datepart] }}({{ from_date_or_timestamp }}, cast({{ interval }} as integer))
{%- endmacro %}


{# dbt-spark's own knows no order. #}
{% macro spark__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    listagg({{ measure }}, {{ delimiter_text }}) within group ({{ order_by_clause }})
{%- endmacro %}


{% macro spark__whole_division(number, by) -%}
    ({{ number }} div {{ by }})
{%- endmacro %}


{% macro spark__wide_integer(number) -%}
    cast({{ number }} as decimal(38, 0))
{%- endmacro %}


{# A sequence whose end lies before its start would run backwards. #}
{% macro spark__each_integer(first, last) -%}
    explode(
        case
            when {{ last }} >= {{ first }}
                then sequence(cast({{ first }} as integer), cast({{ last }} as integer))
        end
    )
{%- endmacro %}


{% macro spark__each_element(list) -%}
    explode({{ list }})
{%- endmacro %}


{% macro spark__any_line(list, condition) -%}
    coalesce(exists({{ list }}, line -> {{ condition }}), false)
{%- endmacro %}


{% macro spark__is_among(text, column, relation) -%}
    array_contains((select collect_list({{ column }}) from {{ relation }}), {{ text }})
{%- endmacro %}


{% macro spark__json_of(values) -%}
    to_json(
        named_struct({% for name, value in values.items() %}'{{ name }}', {{ value }}{{ ', ' if not loop.last }}{% endfor %}),
        map('ignoreNullFields', 'false')
    )
{%- endmacro %}


{% macro spark__matches(text, pattern) -%}
    regexp_like({{ text }}, '\A(?:{{ pattern }})\z')
{%- endmacro %}


{% macro spark__date_text(day) -%}
    date_format({{ day }}, 'dd.MM.yyyy')
{%- endmacro %}


{# A view for each source over the files of the received copy: an external location is DuckDB's alone. #}
{% macro spark__open_received() %}
    {%- set root = env_var('INTROSTAT_RECEIVED', 'data/introstat.received') -%}
    {%- do run_query('create schema if not exists received') -%}
    {%- for table in graph.sources.values() if table.package_name == 'introstat' and table.schema == 'received' -%}
        {%- set query -%}
            {%- if table.source_name == 'receipt' -%}
            select receipt.*
            from (
                select from_json(
                    cast(content as string),
                    'source string, delivered date, covers_until date, files array<struct<'
                    || 'file_name: string, dataset: string, table_name: string, received_rows: bigint>>'
                ) as receipt
                from binaryFile.`{{ root }}/[a-z]*/*/receipt.json`
            )
            {%- else -%}
            select * from parquet.`{{ root }}/{{ table.source_name }}/{*,.contract}/{{ table.name }}*.parquet`
            with ('mergeSchema' = 'true')
            {%- endif -%}
        {%- endset -%}
        {%- do run_query('create or replace view received.' ~ adapter.quote(table.name) ~ ' as ' ~ query) -%}
    {%- endfor -%}
{% endmacro %}


{# dbt's own part. #}

{# Types as the contracts write them, in the words that Spark has for them. #}
{% macro spark_type(data_type) %}
    {{- return({'varchar': 'string', 'hugeint': 'decimal(38, 0)'}.get(data_type, data_type)) -}}
{% endmacro %}


{% macro spark__get_empty_schema_sql(columns) %}
    {%- set typed = [] -%}
    {%- for column in columns.values() -%}
        {%- do typed.append(
            'cast(null as ' ~ spark_type(column.data_type) ~ ') as ' ~ adapter.quote(column.name)) -%}
    {%- endfor -%}
    {{- return('select ' ~ typed | join(', ') ~ ' where false') -}}
{% endmacro %}


{# A seed is read from its file in one statement; dbt-spark would write every value into the SQL, without escapes. #}
{% macro spark__create_csv_table(model, agate_table) %}
    {%- set columns = [] -%}
    {%- for name, data_type in model.config.column_types.items() -%}
        {%- do columns.append('cast(' ~ name ~ ' as ' ~ spark_type(data_type) ~ ') as ' ~ name) -%}
    {%- endfor -%}
    {%- set query = seed_file(model.root_path ~ '/' ~ model.original_file_path) | replace('*', columns | join(', '), 1) -%}
    {%- set create = 'create table ' ~ this.render() ~ ' using parquet as ' ~ query -%}
    {%- call statement('_') -%}{{ create }}{%- endcall -%}
    {{- return(create) -}}
{% endmacro %}

{% macro spark__seed_file(path) %}
    {{- return(
        "select * from csv.`" ~ path
        ~ "` with ('header' = 'true', 'quote' = '\"', 'escape' = '\"', 'multiLine' = 'true')") -}}
{% endmacro %}

{% macro spark__load_csv_rows(model, agate_table) %}{{ return('') }}{% endmacro %}
