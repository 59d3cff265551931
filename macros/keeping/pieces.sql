{#
    A table kept in pieces: of what it holds, only the pieces whose version changed are made anew, by the same
    SQL with a condition. Its config says so:

        meta={'pieces': {
            'by': 'benefit_month', 'versions': 'benefit_month_versions',
            'of': {'int_income__benefits': ['income_month'], 'int_income__units': none},
        }}

    - by: the column that tells the pieces apart, or an expression.
    - within: where `by` is an expression, a column that the first word of a piece is the value of. An engine
      carries a condition on it further.
    - of: what it reads in pieces, with the expressions that give the pieces a row there is read for, or with the
      macro that returns a condition for the rows of changed pieces; none if all of it is read. When anything
      else it reads has changed, or its recipe, all is built.
    - versions: the macro that returns the version of each piece as it is now, by its value as text. A row may
      rest on nothing in `of` but what the version of its piece tells.
#}

{# The pieces that have changed; none if the table must be built whole. #}
{% macro changed_pieces() %}
    {%- set config = model.config.meta.get('pieces') -%}
    {%- set now = mark_now() -%}
    {%- if not config or now is none or should_full_refresh() or load_cached_relation(this) is none -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set before = {} -%}
    {%- for row in run_query(
        "select piece, version from kept.pieces where model = '" ~ model.name ~ "' and recipe = '" ~ recipe_of_pieces(now) ~ "'").rows -%}
        {%- do before.update({row[0]: row[1]}) -%}
    {%- endfor -%}
    {%- if not before -%}{{ return(none) }}{%- endif -%}
    {%- set pieces = context[config['versions']](now['marks']) -%}
    {%- do kept()['pieces'].update({model.name: pieces}) -%}
    {%- set changed = [] -%}
    {%- for piece in (before.keys() | list + pieces.keys() | list) | unique | sort if before.get(piece) != pieces.get(piece) -%}
        {%- do changed.append(piece) -%}
    {%- endfor -%}
    {#- All at once is sooner done than all in pieces. -#}
    {{- return(none if changed | length >= pieces | length else changed) -}}
{% endmacro %}


{# What all pieces rest on: the recipe, and the versions of what is not read in pieces. #}
{% macro recipe_of_pieces(now) %}
    {%- set whole = [] -%}
    {%- for unique_id in model.depends_on.nodes if unique_id not in nodes_read_in_pieces() -%}
        {%- do whole.append(unique_id) -%}
    {%- endfor -%}
    {{- return(local_md5(now['recipe'] ~ versions_read(whole, now['marks']))) -}}
{% endmacro %}


{% macro nodes_read_in_pieces() %}
    {%- set found = [] -%}
    {%- for unique_id in model.depends_on.nodes
        if unique_id.split('.')[2:] | join('.') in model.config.meta['pieces']['of'] -%}
        {%- do found.append(unique_id) -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}


{# Notes the pieces of a table just built, in the same transaction. #}
{% macro note_pieces(now) %}
    {%- set config = model.config.meta.get('pieces') -%}
    {%- if not config -%}{{ return('') }}{%- endif -%}
    {%- set rows = [] -%}
    {%- set pieces = kept()['pieces'].pop(model.name, none) or context[config['versions']](now['marks']) -%}
    {%- for piece, version in pieces.items() -%}
        {%- do rows.append("('" ~ [model.name, recipe_of_pieces(now), piece, version] | join("', '") ~ "')") -%}
    {%- endfor -%}
    {%- do run_query("delete from kept.pieces where model = '" ~ model.name ~ "'") -%}
    {%- if rows -%}{%- do run_query('insert into kept.pieces values ' ~ rows | join(', ')) -%}{%- endif -%}
{% endmacro %}


{# Makes the changed pieces anew: deleted and inserted in one transaction. #}
{% macro build_pieces(changed) %}
    {%- set config = model.config.meta['pieces'] -%}
    {%- set those = " in ('" ~ changed | join("', '") ~ "')" -%}
    {%- set first_words = [] -%}
    {%- for piece in changed -%}{%- do first_words.append(piece.split(' ')[0]) -%}{%- endfor -%}
    {%- set around = config['within'] ~ " in ('" ~ first_words | unique | join("', '") ~ "')" if config.get('within') -%}
    {%- set these = [around, config['by'] ~ those] | select | join(' and ') -%}
    {%- set narrowed = namespace(sql=model.compiled_code) -%}
    {#- DuckDB does not carry the condition through every step to what is read. -#}
    {%- for unique_id in nodes_read_in_pieces() -%}
        {#- As source() and our own ref() write them. -#}
        {%- set read = graph.sources[unique_id].relation_name if unique_id in graph.sources
            else ref(graph.nodes[unique_id].name) | string -%}
        {%- set told = config['of'][unique_id.split('.')[2:] | join('.')] -%}
        {%- if told -%}
            {%- set condition = context[told](changed) if told is string else told | join(those ~ ' or ') ~ those -%}
            {%- set there = [around, '(' ~ condition ~ ')'] | select | join(' and ') -%}
            {%- set narrowed.sql = narrowed.sql | replace(read, '(select * from ' ~ read ~ ' where ' ~ there ~ ')') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do kept()['new_pieces'].update({model.unique_id: {'those': around or these, 'upon': kept()['marks'][model.schema ~ '.' ~ model.alias]}}) -%}
    {{- run_hooks(pre_hooks, inside_transaction=False) -}}
    {{- run_hooks(pre_hooks, inside_transaction=True) -}}
    {% call statement('main') -%}
        delete from {{ this }} where {{ these }};
        insert into {{ this }} by name select * from ({{ narrowed.sql }}) as pieces where {{ these }}
        {#- The next month replaces most of them: what lies together goes as whole row groups. A whole table
            is not put in order: it is wide, and three times the register did not fit in 6 GB. -#}
        {%- if changed | length > 1 %} order by {{ config.get('within') or config['by'] }}{% endif %}
    {%- endcall %}
    {{- run_hooks(post_hooks, inside_transaction=True) -}}
    {%- do adapter.commit() -%}
    {{- run_hooks(post_hooks, inside_transaction=False) -}}
    {{- return({'relations': [this.incorporate(type='table')]}) -}}
{% endmacro %}


{#
    The SQL of a test for the pieces of its table that are new. None if it has to look at all: it had not passed
    upon the other pieces, it reads more than the table, or what it looks for may lie in two pieces.
#}
{% macro test_of_new_pieces(now) %}
    {%- set new = kept()['new_pieces'].get(model.attached_node) -%}
    {%- if not new or model.depends_on.nodes != [model.attached_node] -%}{{ return(none) }}{%- endif -%}
    {%- set tested, told = graph.nodes[model.attached_node], model.test_metadata -%}
    {%- set config = tested.config.meta['pieces'] -%}
    {%- if not (told.name == 'always'
        or told.name == 'unique_and_filled' and (config.get('within') or config['by']) in told.kwargs['columns']) -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set marks_before = {} -%}
    {%- do marks_before.update(now['marks']) -%}
    {%- do marks_before.update({tested.schema ~ '.' ~ tested.alias: new['upon']}) -%}
    {%- if not has_passed(local_md5(now['recipe'] ~ versions_read(model.depends_on.nodes, marks_before))) -%}
        {{- return(none) -}}
    {%- endif -%}
    {%- set read = ref(tested.name) | string -%}
    {{- return(model.compiled_code | replace(read, '(select * from ' ~ read ~ ' where ' ~ new['those'] ~ ') as pieces')) -}}
{% endmacro %}


{# The rows of a query (piece, version) by piece. #}
{% macro versions_by_piece(query) %}
    {%- set versions = {} -%}
    {%- for row in run_query(query).rows -%}{%- do versions.update({row[0] | string: row[1] | string}) -%}{%- endfor -%}
    {{- return(versions) -}}
{% endmacro %}


{# Pieces may be told by more than their table reads itself, which ref does not allow. #}
{% macro relation_of(name) %}{{ return(graph.nodes['model.introstat.' ~ name].relation_name) }}{% endmacro %}


{# What a view makes of its rows, which is the same for all pieces read through it. #}
{% macro recipe_of_view(name, marks) %}
    {{- return(mark_of(graph.nodes['model.introstat.' ~ name], marks).get('recipe', '')) -}}
{% endmacro %}


{# The pieces of a table and what each was made from, of which the same comes out; `seen_by` is a view of it. #}
{% macro versions_kept(name, seen_by=none, marks=none) -%}
    select piece, '{{ recipe_of_view(seen_by, marks) if seen_by }}' || recipe || ' ' || version as version from kept.pieces where model = '{{ name }}'
{%- endmacro %}


{# One text for the rows of a group, whatever their order. #}
{% macro rows_version(relation) -%}
    count(*) || ' ' || coalesce(sum(cast(hash({{ relation }}) as hugeint)), 0)
{%- endmacro %}


{# A version for the rows of a model by each value of a column. #}
{% macro versions_by_rows(name, column) %}
    {{- return(versions_by_piece(
        'select ' ~ column ~ ', ' ~ rows_version(name) ~ ' from ' ~ relation_of(name) ~ ' as ' ~ name ~ ' group by ' ~ column)) -}}
{% endmacro %}


{# Income is received by delivery: the receipts tell, and how what was received is read. #}
{% macro income_delivery_versions(marks) %}
    {%- set read = local_md5(engine_read_parquet([''], empty_received(contract_table('aordningen', 'inntekt')))) -%}
    {%- set versions = receipt_versions(received_path() ~ '/aordningen/*/receipt.json') -%}
    {%- set used = {} -%}
    {%- for row in run_query(
        "select distinct delivered from received.files where is_used and source = 'aordningen' and table_name = 'inntekt'").rows -%}
        {%- do used.update({row[0] | string: read ~ versions['aordningen/' ~ row[0]]}) -%}
    {%- endfor -%}
    {{- return(used) -}}
{% endmacro %}


{# The lines of an income month are those of the deliveries that report it, as they are read from staging on. #}
{% macro income_month_versions(marks) %}
    {%- set read = [] -%}
    {%- for name in ['stg_aordningen__inntekt', 'int_income__lines'] -%}
        {%- do read.append(recipe_of_view(name, marks)) -%}
    {%- endfor -%}
    {{- return(versions_by_piece(
        "select months.month, '" ~ read | join ~ "' || string_agg(' ' || pieces.recipe || ' ' || pieces.version, '' order by pieces.piece) from ("
        ~ "select kalendermaaned as month, delivered from " ~ relation_of('base_aordningen__inntekt') ~ " where reason is null group by all"
        ~ ") as months inner join kept.pieces on pieces.piece = cast(months.delivered as varchar) "
        ~ "and pieces.model = 'base_aordningen__inntekt' group by months.month")) -}}
{% endmacro %}


{# A month of benefit is its lines, and the units that are somewhere in that month. #}
{% macro benefit_month_versions(marks) %}
    {{- return(versions_by_piece(
        "with months as ("
        ~ "select income_month, " ~ rows_version('lines') ~ " as version from " ~ relation_of('int_income__benefits')
        ~ " as lines group by income_month"
        ~ "), units as (select * exclude (line_number, valid_to), line_number - min(line_number) over (partition by unit_id) as place, "
        ~ "coalesce(valid_to, date '9999-12-31') as last_day from " ~ relation_of('int_income__units')
        ~ "), units_then as (select months.income_month, units.* exclude (last_day) from months "
        ~ "inner join units on months.income_month between units.valid_from and units.last_day"
        ~ "), both_versions as (select income_month, version from months union all "
        ~ "select income_month, " ~ rows_version('units_then') ~ " as version from units_then group by income_month"
        ~ ") select income_month, md5(string_agg(version, ' ' order by version)) from both_versions group by income_month")) -}}
{% endmacro %}


{# A month is held against its own benefits and the next month's, and whether both were received. #}
{% macro reconciled_month_versions(marks) %}
    {#- A file may be named after a month that there is none of. -#}
    {%- set month_of_file = parsed_date("substr(dataset, 9, 7) || '-01'") -%}
    {{- return(versions_by_piece(
        "with months as ("
        ~ "select cast(piece as date) as month, version from (" ~ versions_kept('int_income__benefit_months') ~ ") "
        ~ "union all select distinct " ~ month_of_file ~ ", 'received' from " ~ relation_of('stg_receipt__files')
        ~ " where is_used and source = 'aordningen' and table_name = 'inntekt' and " ~ month_of_file ~ " is not null"
        ~ "), both_months as ("
        ~ "select month, 'own ' || version as version from months "
        ~ "union all select cast(month - interval 1 month as date), 'next ' || version from months"
        ~ ") select month, md5(string_agg(version, ' ' order by version)) from both_months group by month")) -}}
{% endmacro %}


{# The benefits that changed months are held against. #}
{% macro benefits_of_reconciled_months(changed) %}
    {%- set months = [] -%}
    {%- for month in changed -%}
        {%- set later = modules.datetime.date.fromisoformat(month) + modules.datetime.timedelta(days=31) -%}
        {%- do months.extend([month, later.replace(day=1) | string]) -%}
    {%- endfor -%}
    {{- return("benefit_month in ('" ~ months | unique | join("', '") ~ "')") -}}
{% endmacro %}


{% macro benefit_period_versions(marks) %}
    {{- return(versions_by_piece(
        "select periods.period, md5(string_agg(months.version, ' ' order by months.piece)) from ("
        ~ versions_kept('int_income__benefit_months', 'fct_benefit_months', marks) ~ ") as months "
        ~ "inner join " ~ relation_of('int_time__periods') ~ " as periods "
        ~ "on cast(months.piece as date) between periods.first_day and periods.last_day "
        ~ "group by periods.period")) -}}
{% endmacro %}


{% macro reconciled_year_versions(marks) %}
    {{- return(versions_by_piece(
        "select substr(piece, 1, 4), md5(string_agg(version, ' ' order by piece)) from ("
        ~ versions_kept('int_income__reconciled_months', 'fct_benefit_reconciliation', marks) ~ ") group by 1")) -}}
{% endmacro %}


{% macro recipient_period_versions(marks) %}
    {{- return(versions_by_rows('stat_base_recipients', 'period')) -}}
{% endmacro %}


{# A rule's findings are a piece; those of the rules on benefit, which come anew every month, one for each half-year. #}
{% macro rule_piece(half_year) -%}
    case when rule_id in ('{{ rule_families()['dq_benefit'] | join("', '") }}') then rule_id || ' ' || {{ half_year }} else rule_id end
{%- endmacro %}


{#
    The units of such pieces. By half-year they are told by numbers, and by a day that DuckDB's zone maps know as
    well: making a text for each of twelve million units took longer than all else.
#}
{% macro units_of_rule_pieces(changed) %}
    {%- set whole_rules, half_years, numbers = ['none'], [], [] -%}
    {%- for piece in changed -%}
        {%- set words = piece.split(' ') -%}
        {%- do (half_years if words[1:] else whole_rules).append(words[-1]) -%}
    {%- endfor -%}
    {%- set is_whole = "rule_id in ('" ~ whole_rules | join("', '") ~ "')" -%}
    {%- if not half_years -%}{{ return(is_whole) }}{%- endif -%}
    {%- for half_year in half_years | unique -%}
        {%- do numbers.append(number_of_half_year(half_year)) -%}
    {%- endfor -%}
    {#- A unit counts in the half-year of its date, or in an earlier one: that of the last day known. The day is a
        condition of its own, for the half-year is not known where the units are read. -#}
    {{- return(
        '(' ~ is_whole ~ ' or half_year_no in (' ~ numbers | join(', ') ~ ')) '
        ~ 'and (' ~ is_whole ~ ' or event_date >= ' ~ first_day_of_half_year(numbers | min) ~ ')') -}}
{% endmacro %}


{# A rule's units are those of its family, judged by dq_checked. #}
{% macro rule_versions(marks) %}
    {%- set checked = graph.nodes['model.introstat.dq_checked'] -%}
    {%- set families, others = [], [] -%}
    {%- for unique_id in checked.depends_on.nodes -%}
        {%- do (families if unique_id.split('.')[2] in rule_families() else others).append(unique_id) -%}
    {%- endfor -%}
    {%- set judged = mark_of(checked, marks).get('recipe') ~ versions_read(others, marks) -%}
    {%- set versions = {} -%}
    {%- for unique_id in families -%}
        {%- set family = unique_id.split('.')[2] -%}
        {%- set of_units = half_year_versions(marks) if family == 'dq_benefit' else {'': version_of(unique_id, marks)} -%}
        {%- for rule_id in rule_families()[family] -%}
            {%- for half_year, version in of_units.items() -%}
                {%- do versions.update({(rule_id ~ ' ' ~ half_year) | trim: local_md5(judged ~ version)}) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(versions) -}}
{% endmacro %}


{# The units of the rules on benefit are those of the reconciled months, by the half-year they count in. #}
{% macro half_year_versions(marks) %}
    {%- set units = graph.nodes['model.introstat.dq_benefit'] -%}
    {%- set others = units.depends_on.nodes | reject('equalto', 'model.introstat.fct_benefit_reconciliation') -%}
    {%- set judged = mark_of(units, marks).get('recipe') ~ versions_read(others, marks) -%}
    {%- set half_year = half_year_of_number(half_year_number('least(cast(months.piece as date), vintage.observed_until)')) -%}
    {{- return(versions_by_piece(
        "select " ~ half_year ~ ", '" ~ judged ~ "' || md5(string_agg(months.version, ' ' order by months.piece)) from ("
        ~ versions_kept('int_income__reconciled_months', 'fct_benefit_reconciliation', marks) ~ ") as months cross join " ~ relation_of('int_time__observed')
        ~ " as vintage group by 1")) -}}
{% endmacro %}


{# The findings of a rule that are kept in pieces: all of them make its list. #}
{% macro found_rule_versions(marks) %}
    {{- return(versions_by_piece(
        "select split_part(piece, ' ', 1) as rule_id, md5(string_agg(version, ' ' order by piece)) from ("
        ~ versions_kept('dq_findings') ~ ") group by 1")) -}}
{% endmacro %}


{% macro completeness_rule_versions(marks) %}
    {{- return(versions_by_rows('fct_completeness', 'rule_id')) -}}
{% endmacro %}
