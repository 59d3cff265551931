{# dbt's own materializations, but for what stands as it would be built: marks.sql, pieces.sql. #}

{% materialization table, adapter='duckdb', supported_languages=['sql'] %}
    {% if stands_as_built() %}{{ return(keep()) }}{% endif %}
    {% set changed = changed_pieces() %}
    {% if changed %}{{ return(build_pieces(changed)) }}{% endif %}
    {{ return(dbt.materialization_table_duckdb()) }}
{% endmaterialization %}


{% materialization view, adapter='duckdb' %}
    {% if stands_as_built() %}{{ return(keep()) }}{% endif %}
    {{ return(dbt.materialization_view_default()) }}
{% endmaterialization %}


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


{# A test that found nothing in the very same rows before has passed. #}
{% materialization test, adapter='duckdb' %}
    {% set now = mark_now() %}
    {% if now and has_passed(now['built']) %}
        {% do store_raw_result('main', message='KEPT', code='KEPT', rows_affected=none, agate_table=kept()['nothing_found']) %}
        {{ return({'relations': []}) }}
    {% endif %}
    {% set done = dbt.materialization_test_default() %}
    {% if now and load_result('main')['data'][0][0] == 0 %}
        {% do note_passed(now['built']) %}
    {% endif %}
    {{ return(done) }}
{% endmaterialization %}
