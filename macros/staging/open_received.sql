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
    {%- set found = run_query(
        "select count(*), current_setting('file_search_path') from glob('*/*/receipt.json')").rows[0] -%}
    {%- if found[0] == 0 -%}
        {%- do exceptions.raise_compiler_error(
            "Nothing has been received in " ~ found[1] ~ " yet. Receive a folder of extracts first: "
            ~ "`introstat receive EXTRACTS`, or `make demo` for made-up ones.") -%}
    {%- endif -%}
{% endmacro %}
