{#
    The received copy as dbt sources: one view per table of the contract over the Parquet files of the
    deliveries that count at as_of (extracts.md, "Which delivery counts"). The views live in the
    schema `received` while dbt runs and are gone afterwards, so that the warehouse holds no path.

    A source with meta `all_deliveries_of` reads every delivery of that source known at as_of, not only
    the one that counts: what the registration lag is seen by. Its tables keep that source's contract.
#}

{% macro received_path() -%}
    {%- set warehouse = env_var('INTROSTAT_WAREHOUSE', 'data/introstat.duckdb') -%}
    {%- set ending = modules.re.search('[.][^./]+$', warehouse) -%}
    {%- set stem = warehouse[:ending.start()] if ending else warehouse -%}
    {{- env_var('INTROSTAT_RECEIVED', stem ~ '.received') -}}
{%- endmacro %}


{# Whether the running command reads the received copy; others only look at the project. #}
{% macro reads_received() %}
    {{- return(execute and flags.WHICH in ['build', 'run', 'test', 'retry', 'show', 'run-operation']) -}}
{% endmacro %}


{% macro open_received() %}
    {% if not reads_received() %}{% do return('') %}{% endif %}
    {% set root = received_path() %}
    {% set receipts = root ~ '/*/*/receipt.json' %}
    {% set found = run_query("select count(*) from " ~ engine_glob(receipts)).columns[0][0] %}
    {% if found == 0 %}
        {% do exceptions.raise_compiler_error(
            "Nothing has been received in " ~ root ~ " yet. Receive a folder of extracts first: "
            ~ "`introstat receive EXTRACTS`, or `make demo` for made-up ones.") %}
    {% endif %}
    {% do run_query("create schema if not exists received") %}
    {% set files_query = files_with_use(receipts) %}
    {% do run_query("create or replace view received.files as " ~ files_query) %}
    {% set versions = receipt_versions(receipts) %}
    {% do mark_received('received.files', files_query | replace(root, '') ~ versions) %}
    {% do expect_register(root) %}
    {% set files = run_query(
        "select source, table_name, is_used, delivered <= as_of as is_known, "
        ~ "source || '/' || delivered || '/' || dataset || '.parquet' as place "
        ~ "from received.files order by place").rows %}
    {% for table in graph.sources.values() if table.source_name not in ['receipt', 'protected'] %}
        {% set whole = source_meta(table).get('all_deliveries_of') %}
        {% set contract = contract_table(whole or table.source_name, table.name) %}
        {% set paths = [] %}
        {% set read = [] %}
        {% for file in files
            if file.source == contract.source_name and file.table_name == table.name
            and (file.is_known if whole else file.is_used) %}
            {% do paths.append(root ~ '/' ~ file.place) %}
            {% do read.append(file.place ~ ' ' ~ versions.get(file.place.split('/')[:2] | join('/'))) %}
        {% endfor %}
        {% set query = engine_read_parquet(paths, empty_received(contract)) if paths | length > 0 else empty_received(contract) %}
        {% set view = 'received.' ~ adapter.quote(table.identifier) %}
        {% do run_query('create or replace view ' ~ view ~ ' as ' ~ query) %}
        {% do mark_received(view, query | replace(root, '') ~ read) %}
    {% endfor %}
    {% do engine_keep() %}
{% endmacro %}


{% macro close_received() %}
    {% if reads_received() %}
        {% do run_query("drop schema if exists received cascade") %}
        {% do engine_keep() %}
    {% endif %}
{% endmacro %}


{# The table of a source as its contract describes it. #}
{% macro contract_table(source_name, table_name) %}
    {{- return((graph.sources.values()
        | selectattr('source_name', 'equalto', source_name)
        | selectattr('name', 'equalto', table_name) | list)[0]) -}}
{% endmacro %}


{% macro source_meta(table) %}
    {{- return(table.get('source_config', {}).get('meta', {}) or table.source_meta) -}}
{% endmacro %}


{# One row per received file, with whether this vintage reads its delivery. #}
{% macro files_with_use(receipts) %}
    {%- set snapshots = [] -%}
    {%- for table in graph.sources.values() if source_meta(table).get('delivery') == 'snapshot' -%}
        {%- do snapshots.append("'" ~ table.source_name ~ "'") -%}
    {%- endfor %}
    with files as ({{ engine_read_receipts(receipts) }}),

    known as (
        select
            *,
            coalesce({{ as_of_literal() }}, max(delivered) over ()) as as_of
        from files
    ),

    newest as (
        select
            source,
            max(delivered) as delivered
        from known
        where delivered <= as_of
        group by source
    )

    select
        known.*,
        case
            when known.source in ({{ snapshots | unique | sort | join(', ') }})
                then known.delivered = newest.delivered
            else known.delivered <= known.as_of
        end as is_used
    from known
    left join newest on known.source = newest.source
{% endmacro %}


{# The var as_of as a SQL date, null if it is not set; an error if it is no date. #}
{% macro as_of_literal() %}
    {%- set as_of = var('as_of', none) -%}
    {%- if not as_of -%}
        {{- return('cast(null as date)') -}}
    {%- endif -%}
    {%- if not modules.re.match('^\\d{4}-\\d{2}-\\d{2}$', as_of | string) -%}
        {%- do exceptions.raise_compiler_error(
            "The var as_of is '" ~ as_of ~ "'; expected a date, YYYY-MM-DD.") -%}
    {%- endif -%}
    {{- return("date '" ~ as_of ~ "'") -}}
{% endmacro %}


{% macro expect_register(root) %}
    {% set register = run_query(
        "select sum(case when is_used then 1 else 0 end), min(delivered) "
        ~ "from received.files where source = 'nir'").rows[0] %}
    {% if not register[0] %}
        {% do exceptions.raise_compiler_error(
            "There is no delivery of nir in " ~ root ~ " at or before as_of"
            ~ (": the earliest is " ~ register[1] ~ ". Choose a later as_of." if register[1]
               else ". Receive one first: `introstat receive EXTRACTS`.")) %}
    {% endif %}
{% endmacro %}


{# No delivery of a source (or no such file in any): a table of its shape without rows. #}
{% macro empty_received(table) %}
    select
    {%- for column in table.columns.values() %}
        cast(null as {{ engine_income_type() if column.data_type == 'income' else text_type() }})
            as {{ adapter.quote(column.name) }},
        {%- if column_meta(column).get('identity') %}
        cast(null as boolean) as {{ adapter.quote(column.name ~ '_is_valid') }},
        {%- endif %}
        {%- if column_meta(column).get('ranked') %}
        cast(null as bigint) as {{ adapter.quote(column.name ~ '_rank') }},
        {%- endif %}
    {%- endfor %}
        cast(null as {{ text_type() }}) as extra_columns,
        cast(null as {{ text_type() }}) as line_content,
        cast(null as {{ text_type() }}) as file_name,
        cast(null as bigint) as line_number,
        cast(null as date) as delivered
    where false
{% endmacro %}


{% macro column_meta(column) %}
    {{- return(column.get('config', {}).get('meta', {}) or column.get('meta', {})) -}}
{% endmacro %}
