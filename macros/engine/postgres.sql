{#
    PostgreSQL 15, for the comparison of engines: what the six facts need. The received copy has been
    loaded into the schema `landing` (benchmarks/postgres.py): a table for each file, named by its path.
#}

{# Files as tables #}

{% macro postgres__engine_glob(pattern) %}{{ return('landing.files') }}{% endmacro %}


{% macro postgres__engine_read_receipts(pattern) %}
    {{- return(
        'select source, delivered, covers_until, file_name, dataset, table_name, received_rows from landing.files') -}}
{% endmacro %}


{% macro postgres__engine_read_parquet(paths, shape) %}
    {%- set parts = [] -%}
    {%- for path in paths -%}
        {%- do parts.append('select * from landing."' ~ path.split('/')[-3:] | join('/') ~ '"') -%}
    {%- endfor -%}
    {{- return(parts | join(' union all ')) -}}
{% endmacro %}


{% macro postgres__engine_income_type() %}{{ return('landing.income_line[]') }}{% endmacro %}


{# psycopg2 has begun a transaction that dbt does not know of. #}
{% macro postgres__engine_keep() %}{% do run_query('commit') %}{% endmacro %}


{# The server may stand elsewhere. DuckDB's builds, from the same rule book, check it. #}
{% macro postgres__engine_reads_project() %}{{ return(false) }}{% endmacro %}


{# Without statistics of a new table PostgreSQL plans the next model blindly. #}
{% macro postgres__after_table(relation) %}analyze {{ relation }}{% endmacro %}


{# The planner does not look through it. #}
{% macro postgres__evaluated_once() %}offset 0{% endmacro %}


{# Values #}

{% macro postgres__double_type() %}{{ return('double precision') }}{% endmacro %}


{% macro postgres__whole_division(number, by) -%}
    ({{ number }} / {{ by }})
{%- endmacro %}


{% macro postgres__trimmed(text) -%}
    btrim({{ text }}, U&' \00a0\1680\2000\2001\2002\2003\2004\2005\2006\2007\2008\2009\200a\202f\205f\3000')
{%- endmacro %}


{% macro postgres__try_date(text) -%}
    landing.try_date({{ text }})
{%- endmacro %}


{% macro postgres__matches(text, pattern) -%}
    {{ text }} ~ '^({{ pattern }})$'
{%- endmacro %}


{% macro postgres__next_month(month) -%}
    cast({{ month }} + interval '1 month' as date)
{%- endmacro %}


{% macro postgres__each_integer(first, last) -%}
    generate_series({{ first }}, {{ last }})
{%- endmacro %}


{% macro postgres__json_of(values) -%}
    cast(json_build_object({% for name, value in values.items() %}'{{ name }}', {{ value }}{{ ', ' if not loop.last }}{% endfor %})
        as text)
{%- endmacro %}


{% macro postgres__field(record, name, inner) -%}
    {{ '((' ~ record ~ ').' ~ name ~ ').' ~ inner if inner else '(' ~ record ~ ').' ~ name }}
{%- endmacro %}


{# `is not null` would ask that each field of it is. #}
{% macro postgres__is_there(record) -%}
    {{ record }} is distinct from null
{%- endmacro %}


{% macro postgres__any_line(list, condition) -%}
    exists (select 1 from unnest({{ list }}) as line where {{ condition }})
{%- endmacro %}
