{#
    What DuckDB and Spark spell differently and dbt's cross-database macros lack. Another engine gets its own
    <adapter>__ macro (spark.sql) and no model changes.
#}

{#
    A text as a type, null where it cannot be one. Not dbt's safe_cast: that is the root project's, and where this one is
    imported it would be a cast whose error quotes the row.
#}
{% macro cast_or_null(text, type) -%}
    {{ adapter.dispatch('cast_or_null')(text, type) }}
{%- endmacro %}

{% macro default__cast_or_null(text, type) -%}
    try_cast({{ text }} as {{ type }})
{%- endmacro %}


{% macro whole_division(number, by) -%}
    {{ adapter.dispatch('whole_division')(number, by) }}
{%- endmacro %}

{% macro default__whole_division(number, by) -%}
    ({{ number }} // {{ by }})
{%- endmacro %}


{# A number without decimals as an integer of at least 38 digits. #}
{% macro wide_integer(number) -%}
    {{ adapter.dispatch('wide_integer')(number) }}
{%- endmacro %}

{% macro default__wide_integer(number) -%}
    cast({{ number }} as hugeint)
{%- endmacro %}


{# A text without the spaces around it; Unicode's spaces are spaces, tabs and line ends are not. #}
{% macro trimmed(text) -%}
    {{ adapter.dispatch('trimmed')(text) }}
{%- endmacro %}

{% macro default__trimmed(text) -%}
    trim({{ text }})
{%- endmacro %}


{# A select-list expression that repeats its row for each integer from `first` to `last`. #}
{% macro each_integer(first, last) -%}
    {{ adapter.dispatch('each_integer')(first, last) }}
{%- endmacro %}

{% macro default__each_integer(first, last) -%}
    cast(unnest(range({{ first }}, {{ last }} + 1)) as integer)
{%- endmacro %}


{# A select-list expression that repeats its row for each element of a list. #}
{% macro each_element(list) -%}
    {{ adapter.dispatch('each_element')(list) }}
{%- endmacro %}

{% macro default__each_element(list) -%}
    unnest({{ list }})
{%- endmacro %}


{# Whether any element `line` of a list of income lines fulfils a condition; false for no list. #}
{% macro any_line(list, condition) -%}
    {{ adapter.dispatch('any_line')(list, condition) }}
{%- endmacro %}

{% macro default__any_line(list, condition) -%}
    coalesce(len(list_filter({{ list }}, lambda line: {{ condition }})) > 0, false)
{%- endmacro %}


{#
    Whether a text is one of a relation's few texts; null for no text. In DuckDB four times as fast as `in` over millions
    of rows.
#}
{% macro is_among(text, column, relation) -%}
    {{ adapter.dispatch('is_among')(text, column, relation) }}
{%- endmacro %}

{% macro default__is_among(text, column, relation) -%}
    list_contains((select list({{ column }}) from {{ relation }}), {{ text }})
{%- endmacro %}


{# Values by name as one JSON text. #}
{% macro json_of(values) -%}
    {{ adapter.dispatch('json_of')(values) }}
{%- endmacro %}

{% macro default__json_of(values) -%}
    cast(json_object({% for name, value in values.items() %}'{{ name }}', {{ value }}{{ ', ' if not loop.last }}{% endfor %})
        as varchar)
{%- endmacro %}


{% macro matches(text, pattern) -%}
    {{ adapter.dispatch('matches')(text, pattern) }}
{%- endmacro %}

{% macro default__matches(text, pattern) -%}
    regexp_full_match({{ text }}, '{{ pattern }}')
{%- endmacro %}


{# A day as Norwegian readers write it, 31.12.2017. #}
{% macro date_text(day) -%}
    {{ adapter.dispatch('date_text')(day) }}
{%- endmacro %}

{% macro default__date_text(day) -%}
    strftime({{ day }}, '%d.%m.%Y')
{%- endmacro %}
