{# How an engine keeps marks: DuckDB in comments. Another keeps none and builds all, every time. #}

{% macro engine_keeps() %}{{ return(adapter.dispatch('engine_keeps')()) }}{% endmacro %}

{% macro default__engine_keeps() %}{{ return(false) }}{% endmacro %}

{% macro duckdb__engine_keeps() %}{{ return(true) }}{% endmacro %}


{# As one text in JSON: rows are a hundred times as dear to dbt, and every node asks. #}
{% macro engine_marks(database) %}
    select cast(json_group_object(name, mark) as varchar)
    from (
        select 'engine' as name, version() as mark
        union all
        select schema_name || '.' || table_name, comment
        from duckdb_tables()
        where database_name = '{{ database }}' and comment is not null
        union all
        select schema_name || '.' || view_name, comment
        from duckdb_views()
        where database_name = '{{ database }}' and comment is not null
    )
{% endmacro %}


{% macro engine_mark(relation, materialized, mark) %}
    comment on {{ 'view' if materialized == 'view' else 'table' }} {{ relation }} is '{{ mark }}'
{% endmacro %}


{# One text for the columns of a relation and its rows, whatever their order. #}
{% macro engine_content(relation) %}
    select
        count(*) || ' ' || coalesce(sum(cast(hash(content) as hugeint)), 0) || (
            select coalesce(string_agg(' ' || column_name || ' ' || data_type, '' order by column_index), '')
            from duckdb_columns()
            where database_name = '{{ relation.database }}'
                and schema_name = '{{ relation.schema }}' and table_name = '{{ relation.identifier }}'
        )
    from {{ relation }} as content
{% endmacro %}


{# Files that match a pattern, each with its checksum. #}
{% macro engine_checksums(pattern) %}
    select filename, md5(content) from read_text({{ text_literal(pattern) }})
{% endmacro %}


{# The columns of a relation as one text, a line each: name and type. #}
{% macro engine_columns(relation) %}
    select string_agg(column_name || ' ' || replace(column_type, ' ', ''), chr(10)) from (describe {{ relation }})
{% endmacro %}
