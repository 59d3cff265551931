{#
    What has not changed is not built again. Every table, view and seed carries a mark, its comment in the
    warehouse: three checksums.

    - what it was built from: its recipe, and the versions of all it reads. Where the same comes out, what
      stands is kept.
    - its version: what it was built from, so that what reads it is built anew with it. Of a model with the
      meta `compared_by: content` it is its rows, so that what reads it is kept if they came out the same.
    - its recipe: the compiled SQL, the columns it promises and the engine.

    The version of what is received is in the receipts. The mark is written in the transaction that builds, so
    none outlives the rows it speaks of. What reads a relation without a mark (the protected store's) is
    always built; `--full-refresh` builds all. A table may also be kept in pieces: pieces.sql.
#}

{% macro mark_now() %}
    {%- set marks = marks_there() -%}
    {%- set recipe = local_md5([
        marks['engine'], model.compiled_code or '', model.config.materialized, model.columns | string,
        model.checksum.checksum if model.resource_type == 'seed', model.config.get('column_types') | string,
    ] | join('\n')) -%}
    {%- set read = versions_read(model.depends_on.get('nodes', []), marks) -%}
    {%- if read is none -%}{{ return(none) }}{%- endif -%}
    {{- return({'built': local_md5(recipe ~ read), 'recipe': recipe, 'read': read, 'marks': marks}) -}}
{% endmacro %}


{# The versions of nodes as one text; none if one of them has none. #}
{% macro versions_read(unique_ids, marks) %}
    {%- set versions = [] -%}
    {%- for unique_id in unique_ids | unique | sort -%}
        {%- set version = version_of(unique_id, marks) -%}
        {%- if version is none -%}{{ return(none) }}{%- endif -%}
        {%- do versions.append(unique_id ~ ' ' ~ version) -%}
    {%- endfor -%}
    {{- return(versions | join('\n')) -}}
{% endmacro %}


{% macro version_of(unique_id, marks) %}
    {%- set node = graph.sources.get(unique_id) or graph.nodes.get(unique_id) -%}
    {%- if node.config.get('materialized') == 'ephemeral' -%}
        {{- return(versions_read(node.depends_on.nodes, marks)) -}}
    {%- endif -%}
    {{- return(mark_of(node, marks).get('version')) -}}
{% endmacro %}


{% macro mark_of(node, marks) %}
    {%- set words = marks.get(node.schema ~ '.' ~ (node.get('alias') or node.identifier), '').split(' ') -%}
    {{- return({'built': words[0], 'version': words[1], 'recipe': words[2]} if words | length == 3 else {}) -}}
{% endmacro %}


{# The marks of this database by schema and name, and the engine's own version. #}
{% macro marks_there() %}{{ return(kept()['marks']) }}{% endmacro %}


{# Whether this node stands as it would be built now. #}
{% macro stands_as_built() %}
    {%- if should_full_refresh() or load_cached_relation(this) is none -%}{{ return(false) }}{%- endif -%}
    {%- set now = mark_now() -%}
    {{- return(now is not none and mark_of(model, now['marks']).get('built') == now['built']) -}}
{% endmacro %}


{# A hook of every build: marks the relation, if all it reads has a version. #}
{% macro mark_built() %}
    {%- if not execute or not engine_keeps() -%}{{ return('') }}{%- endif -%}
    {%- set now = mark_now() -%}
    {%- set name = model.schema ~ '.' ~ model.alias -%}
    {%- if now is none -%}{%- do forget_built(name) -%}{{ return('') }}{%- endif -%}
    {%- do note_pieces(now) -%}
    {%- set version = content_version(this) if model.config.meta.get('compared_by') == 'content' else now['built'] -%}
    {%- set mark = [now['built'], version, now['recipe']] | join(' ') -%}
    {%- do kept()['marks'].update({name: mark}) -%}
    {{- return(engine_mark(this, model.config.materialized, mark)) -}}
{% endmacro %}


{# Nothing is known of what a relation was built from. #}
{% macro forget_built(name) %}
    {%- do kept()['marks'].pop(name, none) -%}
    {%- do run_query("delete from kept.pieces where model = '" ~ model.name ~ "'") -%}
{% endmacro %}


{% macro content_version(relation) %}
    {{- return(local_md5(run_query(engine_content(relation)).columns[0][0] | string)) -}}
{% endmacro %}


{# What a kept node answers dbt instead of being built. #}
{% macro keep() %}
    {% call noop_statement('main', 'KEPT', 'KEPT') %}{% endcall %}
    {{ return({'relations': [this.incorporate(type='view' if model.config.materialized == 'view' else 'table')]}) }}
{% endmacro %}


{# A hook before all: where passed tests and pieces are noted. #}
{% macro open_kept() %}
    {%- if execute and engine_keeps() and flags.WHICH in ['build', 'run', 'seed', 'test', 'retry'] -%}
        {%- do run_query('create schema if not exists kept') -%}
        {%- do run_query('create table if not exists kept.tests_passed (test varchar, tested varchar)') -%}
        {%- do run_query(
            'create table if not exists kept.pieces (model varchar, recipe varchar, piece varchar, version varchar)') -%}
    {%- endif -%}
{% endmacro %}


{#
    A hook before all, when what is received is marked: reads what is kept, once, for every node asks and a
    query is as dear to dbt as all else that it does for a node that stands. `graph` is what nodes share.
#}
{% macro read_kept() %}
    {%- if execute and engine_keeps() and flags.WHICH in ['build', 'run', 'seed', 'test', 'retry'] -%}
        {%- set passed = {} -%}
        {%- for row in run_query('select test, tested from kept.tests_passed').rows -%}
            {%- do passed.update({row[0]: row[1]}) -%}
        {%- endfor -%}
        {%- do graph.update({'kept': {
            'marks': fromjson(run_query(engine_marks(target.database)).columns[0][0]),
            'passed': passed,
            'nothing_found': run_query('select 0 as failures, false as should_warn, false as should_error'),
            'pieces': {},
            'new_pieces': {},
        }}) -%}
    {%- endif -%}
{% endmacro %}


{% macro kept() %}{{ return(graph['kept']) }}{% endmacro %}


{# Whether this test found nothing when it last looked, and looked at the same. #}
{% macro has_passed(tested) %}{{ return(kept()['passed'].get(model.name) == tested) }}{% endmacro %}


{# Written after all (write_passed): three statements for every test are as many as the test itself takes. #}
{% macro note_passed(tested) %}
    {%- do kept()['passed'].update({model.name: tested}) -%}
{% endmacro %}


{# A hook after all. What is lost with a build that is killed is looked at again by the next. #}
{% macro write_passed() %}
    {%- if execute and graph.get('kept') and kept()['passed'] -%}
        {%- set rows = [] -%}
        {%- for test, tested in kept()['passed'].items() -%}{%- do rows.append("('" ~ test ~ "', '" ~ tested ~ "')") -%}{%- endfor -%}
        {%- do run_query('delete from kept.tests_passed') -%}
        {%- do run_query('insert into kept.tests_passed values ' ~ rows | join(', ')) -%}
    {%- endif -%}
{% endmacro %}


{# The version of each delivery received, its receipt's checksum, by source/date; none where nothing is kept. #}
{% macro receipt_versions(receipts) %}
    {%- set versions = {} -%}
    {%- if engine_keeps() -%}
        {%- for row in run_query(engine_checksums(receipts)).rows -%}
            {%- do versions.update({row[0].split('/')[-3:-1] | join('/'): row[1]}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(versions) -}}
{% endmacro %}


{# Marks a view of the received copy with what it reads: files, or nothing but receipts. #}
{% macro mark_received(view, read) %}
    {%- if engine_keeps() -%}
        {%- do run_query(engine_mark(view, 'view', 'received ' ~ local_md5(read) ~ ' -')) -%}
    {%- endif -%}
{% endmacro %}
