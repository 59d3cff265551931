{#
    The rule book is read before anything is built: a row with a rule, law, column, word or limit that
    is not known stops dbt and is named. The rows are read from the files, not from the warehouse, so
    that a fault never gets there. Jinja cannot read files while dbt parses, so this is a hook.
#}
{% macro check_rule_book() %}
    {% if not execute or flags.WHICH not in ['build', 'run', 'test', 'seed', 'retry'] %}
        {% do return('') %}
    {% endif %}
    {% set faults = [] %}
    {% set laws = seed_words('legal_regimes', 'legal_regime') %}
    {% set rules = seed_words('completeness_rules', 'rule_id') %}
    {% set checked_rules = named_in_models("'([A-Z][0-9]+)' as rule_id") %}
    {% set measure_words = seed_words('measure_words', 'measure_word') %}
    {% set measure_types = seed_words('measure_types', 'measure_type') %}
    {% set kostra_measures = seed_words('kostra_measures', 'kostra_code') %}
    {% set comparison_groups = seed_words('comparison_groups', 'comparison_group') %}
    {% set final_goals = words_of('final_goals') %}

    {% set limits = [] %}
    {% set limits_of = {} %}
    {% for rule_id, limit_name in named_in_models("rule_limit[(]'([A-Z][0-9]+)', '([a-z_]+)'[)]") %}
        {% do limits.append(rule_id ~ ' ' ~ limit_name) %}
        {% do limits_of.update({rule_id: limits_of.get(rule_id, []) + [limit_name]}) %}
    {% endfor %}

    {% for row in seed_rows('completeness_rules') %}
        {% do expect(faults, row, 'rule_id', checked_rules) %}
        {% do expect(faults, row, 'severity', ['high', 'medium', 'low']) %}
        {% do expect(faults, row, 'owner', ['kommune', 'imdi']) %}
        {% do expect(faults, row, 'warn_percent', percent_steps() + [none]) %}
        {% do expect(faults, row, 'stop_percent', percent_steps() + [none]) %}
        {% if row.stop_percent in percent_steps() and row.warn_percent in percent_steps()
            and row.stop_percent | float < row.warn_percent | float %}
            {% do fault(faults, row, 'stop_percent', 'a limit not below warn_percent, ' ~ row.warn_percent) %}
        {% endif %}
        {% for law in (row.applies_to_laws or '').split('|') if row.applies_to_laws and law not in laws %}
            {% do fault(faults, row, 'applies_to_laws', 'laws of legal_regimes with | between: ' ~ laws | join(', ')) %}
        {% endfor %}
        {% for column in ['name_nb', 'name_en', 'legal_basis', 'unit', 'finding_nb', 'todo_nb'] if not row[column] %}
            {% do fault(faults, row, column, 'a text') %}
        {% endfor %}
        {% for column in ['name_nb', 'name_en', 'finding_nb', 'todo_nb'] %}
            {% for name in modules.re.findall('[{](.*?)[}]', row[column] or '') %}
                {% if name | replace('_en', '') not in limits_of.get(row.rule_id, []) %}
                    {% do fault(faults, row, column, 'in braces a limit of the rule: '
                        ~ limits_of.get(row.rule_id, ['it has none']) | join(', ')) %}
                {% endif %}
            {% endfor %}
        {% endfor %}
        {% do expect_dates(faults, row, ['valid_from', 'valid_to']) %}
    {% endfor %}
    {% do expect_each_once(faults, 'completeness_rules', ['rule_id'], checked_rules) %}

    {% for row in seed_rows('rule_limits') %}
        {% do expect(faults, row, 'rule_id', limits_of.keys() | list) %}
        {% if row.rule_id in limits_of %}
            {% do expect(faults, row, 'limit_name', limits_of[row.rule_id]) %}
        {% endif %}
        {% do expect_numbers(faults, row, ['limit_value']) %}
    {% endfor %}
    {% do expect_each_once(faults, 'rule_limits', ['rule_id', 'limit_name'], limits) %}

    {% for row in seed_rows('kostra_amounts') %}
        {% do expect(faults, row, 'rule_id', ['K19', 'K20', 'K23']) %}
        {% do expect_numbers(faults, row, ['amount']) %}
        {% do expect_dates(faults, row, ['valid_from', 'valid_to']) %}
    {% endfor %}

    {% for row in seed_rows('placeholder_dates') %}
        {% do expect(faults, row, 'data_type', ['date', 'ddmmyy', 'month']) %}
        {% for column in ['as_birth', 'as_start', 'as_since', 'as_end', 'as_day'] %}
            {% do expect(faults, row, column, ['missing', 'open', 'date']) %}
        {% endfor %}
    {% endfor %}
    {% do expect_each_once(faults, 'placeholder_dates', ['placeholder', 'data_type'], []) %}

    {% for row in seed_rows('extended_access') %}
        {% do expect(faults, row, 'rule_id', rules) %}
        {% do expect_dates(faults, row, ['event_from', 'event_to'], may_be_empty=false) %}
    {% endfor %}

    {% for seed in ['law_durations', 'law_full_time', 'law_fields', 'law_measures', 'benefit_rates'] %}
        {% for row in seed_rows(seed) %}
            {% do expect(faults, row, 'legal_regime', laws) %}
            {% do expect_dates(faults, row, ['valid_from', 'valid_to'] if 'valid_from' in row else []) %}
        {% endfor %}
    {% endfor %}
    {% for row in seed_rows('law_durations') %}
        {% do expect(faults, row, 'has_upper_secondary', ['true', 'false', none]) %}
        {% do expect(faults, row, 'final_goal', final_goals + [none]) %}
        {% do expect_numbers(faults, row, ['priority', 'months', 'extension_months']) %}
    {% endfor %}
    {% for row in seed_rows('law_full_time') %}
        {% do expect(faults, row, 'measure_type', measure_types + [none]) %}
        {% do expect_numbers(faults, row, ['hours_per_week']) %}
    {% endfor %}
    {% for row in seed_rows('law_fields') %}
        {% do expect(faults, row, 'unit', law_field_columns().keys() | list) %}
        {% do expect(faults, row, 'field', law_field_columns().get(row.unit, {}).keys() | list) %}
        {% do expect(faults, row, 'requirement', ['required', 'forbidden']) %}
    {% endfor %}
    {% for row in seed_rows('law_measures') %}
        {% do expect(faults, row, 'measure_word', measure_words) %}
    {% endfor %}
    {% for row in seed_rows('benefit_rates') %}
        {% do expect_numbers(faults, row, ['basic_amounts', 'share_numerator', 'share_denominator']) %}
    {% endfor %}
    {% for row in seed_rows('basic_amounts') %}
        {% do expect_dates(faults, row, ['valid_from'], may_be_empty=false) %}
        {% do expect_numbers(faults, row, ['amount']) %}
    {% endfor %}

    {% set columns_of = {} %}
    {% for cases, table_name in named_in_models(
        "(?s)case columns[.]column_name((?:(?!case columns).)*?)end as word\\s+from [{][{] ref[(]'base_[a-z]+__([a-z]+)'") %}
        {% do columns_of.update({table_name: modules.re.findall("when '([a-z_]+)' then", cases)}) %}
    {% endfor %}
    {% set code_lists = named_in_models("'([a-z_]+)' as code_list") + seed_words('code_words', 'code_list') %}
    {% for row in seed_rows('coded_columns') %}
        {% do expect(faults, row, 'table_name', columns_of.keys() | list) %}
        {% do expect(faults, row, 'column_name', columns_of.get(row.table_name, [])) %}
        {% do expect(faults, row, 'code_list', code_lists) %}
    {% endfor %}

    {% for row in seed_rows('comparison_measures') %}
        {% do expect(faults, row, 'source', ['kostra', 'nir']) %}
        {% do expect(faults, row, 'code', kostra_measures if row.source == 'kostra'
            else measure_words) %}
        {% do expect(faults, row, 'comparison_group', comparison_groups) %}
    {% endfor %}

    {% if faults %}
        {% do exceptions.raise_compiler_error(
            'The rule book cannot be used; nothing was built. Mend these rows:\n' ~ faults | join('\n')) %}
    {% endif %}
{% endmacro %}


{# What the SQL of the models names, by a pattern: the rules, limits, columns and code lists that they use. #}
{% macro named_in_models(pattern) %}
    {%- set found = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.package_name == 'introstat' -%}
        {%- do found.extend(modules.re.findall(pattern, node.raw_code)) -%}
    {%- endfor -%}
    {{- return(found | unique | sort) -}}
{% endmacro %}


{# The only steps a limit in percent can have, so that nobody tunes one to the last decimal. #}
{% macro percent_steps() %}
    {{- return(['0', '0.5', '1', '2', '5', '10', '20', '25', '50']) -}}
{% endmacro %}


{# The rows of a seed's file as texts, by column, with their file and line. Of this project's, also where another imports it. #}
{% macro seed_rows(seed) %}
    {%- set node = graph.nodes['seed.introstat.' ~ seed] -%}
    {%- set rows = [] -%}
    {%- for row in run_query(seed_file(node.root_path ~ '/' ~ node.original_file_path)).rows -%}
        {%- do rows.append(dict(row.dict(), file_=node.original_file_path, line_=loop.index + 1)) -%}
    {%- endfor -%}
    {{- return(rows) -}}
{% endmacro %}


{# The rows of a seed's file, all columns as text, in the order of the file; empty is null. #}
{% macro seed_file(path) %}{{ return(adapter.dispatch('seed_file')(path)) }}{% endmacro %}

{% macro default__seed_file(path) %}
    {{- return(
        "select * from read_csv('" ~ path | replace("'", "''")
        ~ "', header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"')") -}}
{% endmacro %}


{% macro seed_words(seed, column) %}
    {{- return(seed_rows(seed) | map(attribute=column) | unique | list) -}}
{% endmacro %}


{% macro words_of(code_list) %}
    {{- return(seed_rows('code_words') | selectattr('code_list', 'equalto', code_list)
        | map(attribute='word') | list) -}}
{% endmacro %}


{% macro fault(faults, row, column, expected) %}
    {%- do faults.append(
        row.file_ ~ ', line ' ~ row.line_ ~ ', column ' ~ column ~ ": found '" ~ (row[column] or '')
        ~ "'; expected " ~ expected ~ '.') -%}
{% endmacro %}


{% macro expect(faults, row, column, allowed) %}
    {%- if row[column] not in allowed -%}
        {%- do fault(faults, row, column,
            'one of ' ~ allowed | reject('none') | join(', ') ~ (', or nothing' if none in allowed else '')) -%}
    {%- endif -%}
{% endmacro %}


{% macro expect_numbers(faults, row, columns) %}
    {%- for column in columns if not modules.re.match('^[0-9]+([.][0-9]+)?$', row[column] or '') -%}
        {%- do fault(faults, row, column, 'a number') -%}
    {%- endfor -%}
{% endmacro %}


{% macro expect_dates(faults, row, columns, may_be_empty=true) %}
    {%- for column in columns
        if not modules.re.match('^[0-9]{4}-[01][0-9]-[0-3][0-9]$', row[column] or ('2000-01-01' if may_be_empty else '')) -%}
        {%- do fault(faults, row, column, 'a date, YYYY-MM-DD') -%}
    {%- endfor -%}
{% endmacro %}


{# Rows whose key is there twice, and keys that models use and no row has. #}
{% macro expect_each_once(faults, seed, key, asked_for) %}
    {%- set seen = [] -%}
    {%- for row in seed_rows(seed) -%}
        {%- set words = [] -%}
        {%- for column in key -%}{%- do words.append(row[column] or '') -%}{%- endfor -%}
        {%- if words | join(' ') in seen -%}
            {%- do fault(faults, row, key | last, 'a row of its own for ' ~ words | join(' ')) -%}
        {%- endif -%}
        {%- do seen.append(words | join(' ')) -%}
    {%- endfor -%}
    {%- for words in asked_for if words not in seen -%}
        {%- do faults.append(
            graph.nodes['seed.introstat.' ~ seed].original_file_path
            ~ ': found no row for ' ~ words ~ '; expected one.') -%}
    {%- endfor -%}
{% endmacro %}
