{#
    Relations without the catalog, which in DuckDB is the file's name: views would hold it, and a
    warehouse copied under another name would lose them.
#}
{% macro ref() %}
    {%- set relation = builtins.ref(*varargs, **kwargs) -%}
    {{- return(relation.include(database=false)) -}}
{% endmacro %}
