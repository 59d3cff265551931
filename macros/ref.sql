{#
    A relation of the warehouse's own file goes without the database, which in DuckDB is the file's name: a view
    keeps the text it was made with, so a file that is copied or renamed would lose its views. What --defer finds
    in another database keeps its name.
#}
{% macro ref() %}
    {%- set relation = builtins.ref(*varargs, **kwargs) -%}
    {{- return(relation.include(database=false) if relation.database == target.database else relation) -}}
{% endmacro %}
