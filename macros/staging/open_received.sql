{#
    Before anything is built: DuckDB reads the sources straight from the received copy (external_location in
    their YAML), so it is only asked whether there is one. Spark gets a view for each source (engine/spark.sql).
#}
{% macro open_received() %}
    {%- if execute and flags.WHICH in ['build', 'run', 'test', 'retry'] -%}
        {{ return(adapter.dispatch('open_received')()) }}
    {%- endif -%}
{% endmacro %}

{% macro default__open_received() %}
    {%- set received = run_query("select current_setting('file_search_path')").columns[0][0] -%}
    {%- if run_query("select count(*) from glob('[a-z]*/*/receipt.json')").columns[0][0] == 0 -%}
        {%- do exceptions.raise_compiler_error(
            "Nothing has been received in " ~ received ~ " yet. Receive a folder of extracts first: "
            ~ "`introstat receive EXTRACTS`, or `make demo` for made-up ones.") -%}
    {%- elif run_query("select count(*) from glob('*/.contract/*.parquet')").columns[0][0] == 0 -%}
        {%- do exceptions.raise_compiler_error(
            received ~ " was received by an earlier version and lacks the shapes of its tables. "
            ~ "`introstat receive EXTRACTS` adds them, also where nothing is new.") -%}
    {%- endif -%}
{% endmacro %}
