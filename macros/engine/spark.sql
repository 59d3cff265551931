{#
    What Spark spells differently (docs/scale-out.md). Profile settings that these macros rest on: texts
    keep their backslashes, and a cast that fails gives null, as dbt-spark has it.
#}

{% macro spark__text_type() %}{{ return('string') }}{% endmacro %}


{# Spark's trim takes the plain space alone; DuckDB's takes all that Unicode calls spaces. #}
{% macro spark__trimmed(text) -%}
    regexp_replace({{ text }}, '^\p{Zs}+|\p{Zs}+\z', '')
{%- endmacro %}


{% macro spark__days_between(from, until) -%}
    datediff({{ until }}, {{ from }})
{%- endmacro %}


{% macro spark__add_days(day, days) -%}
    date_add({{ day }}, cast({{ days }} as integer))
{%- endmacro %}


{% macro spark__whole_division(number, by) -%}
    ({{ number }} div {{ by }})
{%- endmacro %}


{% macro spark__wide_integer(number) -%}
    cast({{ number }} as decimal(38, 0))
{%- endmacro %}


{% macro spark__date_of(year, month, day) -%}
    make_date(cast({{ year }} as integer), cast({{ month }} as integer), cast({{ day }} as integer))
{%- endmacro %}


{% macro spark__integers(first, last) -%}
    (select cast(id as integer) as number from range({{ first }}, {{ last }} + 1))
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


{% macro spark__json_of(values) -%}
    to_json(
        named_struct({% for name, value in values.items() %}'{{ name }}', {{ value }}{{ ', ' if not loop.last }}{% endfor %}),
        map('ignoreNullFields', 'false')
    )
{%- endmacro %}


{% macro spark__matches(text, pattern) -%}
    regexp_like({{ text }}, '\A(?:{{ pattern }})\z')
{%- endmacro %}


{% macro spark__next_month(month) -%}
    add_months({{ month }}, 1)
{%- endmacro %}


{% macro spark__add_months(day, months) -%}
    add_months({{ day }}, cast({{ months }} as integer))
{%- endmacro %}


{% macro spark__listed(text) -%}
    listagg({{ text }}, ', ') within group (order by {{ text }})
{%- endmacro %}


{% macro spark__date_text(day) -%}
    date_format({{ day }}, 'dd.MM.yyyy')
{%- endmacro %}


{% macro spark__quantile(column, share) -%}
    percentile({{ column }}, {{ share }})
{%- endmacro %}


{% macro spark__iso_year(day) -%}
    extract(yearofweek from {{ day }})
{%- endmacro %}


{% macro spark__iso_weekday(day) -%}
    extract(dayofweek_iso from {{ day }})
{%- endmacro %}


{# Files as tables. #}

{% macro spark__engine_glob(pattern) %}{{ return("binaryFile.`" ~ pattern ~ "`") }}{% endmacro %}


{# A column that no file has is null; the others are found by name, whichever files have them. #}
{% macro spark__engine_read_parquet(paths, shape) %}
    {%- set root = received_path() ~ '/' -%}
    {%- set places = [] -%}
    {%- for path in paths -%}{%- do places.append(path | replace(root, '', 1)) -%}{%- endfor -%}
    {%- set files =
        'select * from parquet.`' ~ root ~ '{' ~ places | join(',') ~ "}` with ('mergeSchema' = 'true')" -%}
    {%- set found = get_column_schema_from_query(files) | map(attribute='name') | map('lower') | list -%}
    {%- set columns = [] -%}
    {%- for column in get_column_schema_from_query(shape) -%}
        {%- set name = adapter.quote(column.name) -%}
        {%- do columns.append(
            name if column.name | lower in found
            else 'cast(null as ' ~ column.dtype ~ ') as ' ~ name) -%}
    {%- endfor -%}
    {{- return(files | replace('*', columns | join(', '), 1)) -}}
{% endmacro %}


{% macro spark__engine_read_receipts(pattern) %}
    {%- set query -%}
        select
            receipt.source, cast(receipt.delivered as date) as delivered,
            cast(receipt.covers_until as date) as covers_until,
            file.file_name, file.dataset, file.table_name, file.received_rows
        from (
            select receipt, explode(receipt.files) as file
            from (
                select from_json(
                    cast(content as string),
                    'source string, delivered string, covers_until string, files array<struct<'
                    || 'file_name: string, dataset: string, table_name: string, received_rows: bigint>>'
                ) as receipt
                from binaryFile.`{{ pattern }}`
            )
        )
    {%- endset -%}
    {{- return(query) -}}
{% endmacro %}


{% macro spark__engine_income_type() %}
    {{- return(
        'array<struct<beloep: string, loennsinntekt: struct<beskrivelse: string>, '
        ~ 'pensjonEllerTrygd: struct<beskrivelse: string>>>') -}}
{% endmacro %}


{% macro spark__engine_read_seed(path) %}
    {{- return(
        "select * from csv.`" ~ path
        ~ "` with ('header' = 'true', 'quote' = '\"', 'escape' = '\"', 'multiLine' = 'true')") -}}
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
    {%- set query =
        engine_read_seed(model.root_path ~ '/' ~ model.original_file_path) | replace('*', columns | join(', '), 1) -%}
    {%- set create = 'create table ' ~ this.render() ~ ' using parquet as ' ~ query -%}
    {%- call statement('_') -%}{{ create }}{%- endcall -%}
    {{- return(create) -}}
{% endmacro %}


{% macro spark__load_csv_rows(model, agate_table) %}{{ return('') }}{% endmacro %}
