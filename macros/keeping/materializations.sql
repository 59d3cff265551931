{#
    What stands as it would be built is kept (marks.sql, pieces.sql). All else is made by `create or replace` in
    one transaction, with half the statements of dbt's own materializations: what a small node costs is mostly
    statements, and of a contract's check dbt plans the whole query once more.
#}

{% materialization table, adapter='duckdb', supported_languages=['sql'] %}
    {% if stands_as_built() %}{{ return(keep()) }}{% endif %}
    {% set changed = changed_pieces() %}
    {% if changed %}{{ return(build_pieces(changed)) }}{% endif %}
    {{ return(build_whole('table')) }}
{% endmaterialization %}


{% materialization view, adapter='duckdb' %}
    {% if stands_as_built() %}{{ return(keep()) }}{% endif %}
    {{ return(build_whole('view')) }}
{% endmaterialization %}


{# If anything fails, what stood before stands: nothing is committed. #}
{% macro build_whole(type) %}
    {%- set before = load_cached_relation(this) -%}
    {%- set made = this.incorporate(type=type) -%}
    {{- run_hooks(pre_hooks, inside_transaction=False) -}}
    {{- run_hooks(pre_hooks, inside_transaction=True) -}}
    {%- if before is not none and before.type != type -%}{%- do adapter.drop_relation(before) -%}{%- endif -%}
    {% call statement('main') -%}
        create or replace {{ type }} {{ made }} as
        {{ model.compiled_code }}
    {%- endcall %}
    {%- do expect_contract(made) -%}
    {{- run_hooks(post_hooks, inside_transaction=True) -}}
    {%- do adapter.commit() -%}
    {{- run_hooks(post_hooks, inside_transaction=False) -}}
    {{- return({'relations': [made]}) -}}
{% endmacro %}


{# Under a contract the columns are those described, in that order. #}
{% macro expect_contract(made) %}
    {%- if not model.config.contract.enforced -%}{{ return('') }}{%- endif -%}
    {%- set described = [] -%}
    {%- for column in model.columns.values() -%}
        {%- do described.append(column.name ~ ' ' ~ column.data_type | upper | replace(' ', '')) -%}
    {%- endfor -%}
    {%- set there = run_query(engine_columns(made)).columns[0][0] -%}
    {%- if there != described | join('\n') -%}
        {#- In dbt's own words, if they are not the same in another order or under other names of types. -#}
        {%- do assert_columns_equivalent(model.compiled_code) -%}
        {%- do exceptions.raise_compiler_error(
            "Its columns are described in another order, or a type by another name, than DuckDB's:\n" ~ there) -%}
    {%- endif -%}
{% endmacro %}


{% materialization seed, adapter='duckdb' %}
    {% if stands_as_built() %}
        {# dbt reads it after every seed #}
        {% do store_result('agate_table', response='KEPT', agate_table=load_agate_table()) %}
        {{ return(keep()) }}
    {% endif %}
    {# dbt would fill the table that stands, whatever its columns #}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {{ return(dbt.materialization_seed_default()) }}
{% endmaterialization %}


{#
    A test that found nothing in the very same rows before has passed. Where some pieces of its table are new
    since, it may look at them alone.
#}
{% materialization test, adapter='duckdb' %}
    {% set now = mark_now() %}
    {% if now and has_passed(now['built']) %}
        {% do store_raw_result('main', message='KEPT', code='KEPT', rows_affected=none, agate_table=kept()['nothing_found']) %}
        {{ return({'relations': []}) }}
    {% endif %}
    {% set of_new_pieces = test_of_new_pieces(now) if now and not should_store_failures() %}
    {% if of_new_pieces %}
        {% call statement('main', fetch_result=True) %}
            {{ get_test_sql(
                of_new_pieces, config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), config.get('limit')) }}
        {% endcall %}
        {% set done = {'relations': []} %}
    {% else %}
        {% set done = dbt.materialization_test_default() %}
    {% endif %}
    {% if now and load_result('main')['data'][0][0] == 0 %}
        {% do note_passed(now['built']) %}
    {% endif %}
    {{ return(done) }}
{% endmaterialization %}
