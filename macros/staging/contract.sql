{#
    The contract's columns of a table, as the SQL of checked_rows needs them. The contract is the sources' YAML:
    a column's data_type is what its text must be readable as, its meta what else is expected of it.
#}
{% macro contract_columns(source_name, table_name) %}
    {%- set columns = [] -%}
    {%- for column in contract_table(source_name, table_name).columns.values() -%}
        {%- set meta = column.config.meta -%}
        {%- set quoted = adapter.quote(column.name) -%}
        {%- set beside = [] -%}
        {%- if meta.get('identity') -%}{%- do beside.append(adapter.quote(column.name ~ '_is_valid')) -%}{%- endif -%}
        {%- if meta.get('ranked') -%}{%- do beside.append(adapter.quote(column.name ~ '_rank')) -%}{%- endif -%}
        {%- if meta.get('identity') -%}{%- set text = quoted -%}
        {%- elif meta.get('coded') -%}{%- set text = received_codes(quoted) -%}
        {%- else -%}
            {%- set text = contract_text(
                received_text(quoted, column.data_type), column.data_type, contract_date(column)) -%}
        {%- endif -%}
        {%- do columns.append({
            'name': column.name | lower,
            'source_name': column.name,
            'quoted': quoted,
            'type': column.data_type,
            'is_text': is_text_type(column.data_type),
            'text': text,
            'required': meta.get('required', false),
            'may_be_placeholder': may_be_placeholder(column),
            'required_or': meta.get('required_or'),
            'key': meta.get('key', false),
            'decides': meta.get('decides', false),
            'period': meta.get('period'),
            'identity': meta.get('identity'),
            'beside': beside,
        }) -%}
    {%- endfor -%}
    {{- return(columns) -}}
{% endmacro %}


{# Whether every text can be read as the type; a number that is spelled so becomes its digits. #}
{% macro is_text_type(data_type) -%}
    {{- return(data_type in ['varchar', 'municipality', 'organisation_number']) -}}
{%- endmacro %}


{% macro contract_table(source_name, table_name) %}
    {{- return(graph.sources['source.introstat.' ~ source_name ~ '.' ~ table_name]) -}}
{% endmacro %}


{# The sources of which a delivery replaces the one before, as SQL texts. #}
{% macro snapshot_sources() %}
    {%- set names = [] -%}
    {%- for table in graph.get('sources', {}).values()
        if table.package_name == 'introstat' and table.source_meta.get('delivery') == 'snapshot' -%}
        {%- do names.append("'" ~ table.source_name ~ "'") -%}
    {%- endfor -%}
    {{- return(names | unique | sort | join(', ')) -}}
{% endmacro %}
