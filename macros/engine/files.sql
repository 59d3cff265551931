{# Files as tables: how DuckDB reads the received copy. #}

{# A text as a SQL literal. #}
{% macro text_literal(text) %}
    {{- return("'" ~ text | replace("'", "''") ~ "'") -}}
{% endmacro %}


{% macro engine_glob(pattern) %}{{ return(adapter.dispatch('engine_glob')(pattern)) }}{% endmacro %}

{% macro default__engine_glob(pattern) %}{{ return("glob(" ~ text_literal(pattern) ~ ")") }}{% endmacro %}


{# The rows of Parquet files in the shape of an empty table: a file may lack some of its columns. #}
{% macro engine_read_parquet(paths, shape) %}
    {{- return(adapter.dispatch('engine_read_parquet')(paths, shape)) -}}
{% endmacro %}

{% macro default__engine_read_parquet(paths, shape) %}
    {%- set names = [] -%}
    {%- for path in paths -%}{%- do names.append(text_literal(path)) -%}{%- endfor -%}
    {{- return(
        '(' ~ shape ~ ') union all by name '
        ~ 'select * from read_parquet([' ~ names | join(', ') ~ '], union_by_name = true)') -}}
{% endmacro %}


{% macro engine_read_receipts(pattern) %}
    {{- return(adapter.dispatch('engine_read_receipts')(pattern)) -}}
{% endmacro %}

{% macro default__engine_read_receipts(pattern) %}
    {%- set query -%}
        select
            source, cast(delivered as date) as delivered, cast(covers_until as date) as covers_until,
            file.file_name, file.dataset, file.table_name, file.received_rows
        from (
            select source, delivered, covers_until, unnest(files) as file
            from read_json({{ text_literal(pattern) }}, columns = {
                source: 'varchar', delivered: 'varchar', covers_until: 'varchar',
                files: 'struct(file_name varchar, dataset varchar, table_name varchar, received_rows bigint)[]'
            })
        )
    {%- endset -%}
    {{- return(query) -}}
{% endmacro %}


{% macro engine_income_type() %}
    {{- return(adapter.dispatch('engine_income_type')()) -}}
{% endmacro %}

{% macro default__engine_income_type() %}
    {{- return(
        'struct(beloep varchar, loennsinntekt struct(beskrivelse varchar), '
        ~ '"pensjonEllerTrygd" struct(beskrivelse varchar))[]') -}}
{% endmacro %}


{# What a hook did is kept when its connection is closed. #}
{% macro engine_keep() %}{{ return(adapter.dispatch('engine_keep')()) }}{% endmacro %}

{% macro default__engine_keep() %}{{ return('') }}{% endmacro %}


{# Whether the engine can read the project's own files, which is asked for to check the rule book. #}
{% macro engine_reads_project() %}{{ return(adapter.dispatch('engine_reads_project')()) }}{% endmacro %}

{% macro default__engine_reads_project() %}{{ return(true) }}{% endmacro %}


{# The rows of a seed's file, all columns as text, in the order of the file; empty is null. #}
{% macro engine_read_seed(path) %}{{ return(adapter.dispatch('engine_read_seed')(path)) }}{% endmacro %}

{% macro default__engine_read_seed(path) %}
    {{- return(
        'select * from read_csv(' ~ text_literal(path)
        ~ ", header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"')") -}}
{% endmacro %}
