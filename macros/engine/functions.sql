{#
    What engines spell differently: types, date arithmetic, ranges to rows, lists. Another engine gets its own
    <adapter>__ macro here and no model changes.
#}

{# What an engine wants done to a table or view when its rows are there. #}
{% macro after_table(relation) -%}
    {{ adapter.dispatch('after_table')(relation) }}
{%- endmacro %}

{% macro default__after_table(relation) %}{% endmacro %}


{#
    At the end of a step: its columns are computed before the next step reads them, which an engine that
    writes each one out wherever it is read would do anew there.
#}
{% macro evaluated_once() -%}
    {{ adapter.dispatch('evaluated_once')() }}
{%- endmacro %}

{% macro default__evaluated_once() %}{% endmacro %}


{# The type of a text of any length. #}
{% macro text_type() %}{{ return(adapter.dispatch('text_type')()) }}{% endmacro %}

{% macro default__text_type() %}{{ return('varchar') }}{% endmacro %}


{# Whole days from one date to another; negative if `until` is earlier. #}
{% macro days_between(from, until) -%}
    {{ adapter.dispatch('days_between')(from, until) }}
{%- endmacro %}

{% macro default__days_between(from, until) -%}
    cast({{ until }} - {{ from }} as integer)
{%- endmacro %}


{% macro add_days(day, days) -%}
    {{ adapter.dispatch('add_days')(day, days) }}
{%- endmacro %}

{% macro default__add_days(day, days) -%}
    ({{ day }} + cast({{ days }} as integer))
{%- endmacro %}


{% macro whole_division(number, by) -%}
    {{ adapter.dispatch('whole_division')(number, by) }}
{%- endmacro %}

{% macro default__whole_division(number, by) -%}
    ({{ number }} // {{ by }})
{%- endmacro %}


{# A sum in kroner, as amounts are stored. #}
{% macro kroner(amount) -%}
    {{ adapter.dispatch('kroner')(amount) }}
{%- endmacro %}

{% macro default__kroner(amount) -%}
    cast({{ amount }} as decimal(18, 2))
{%- endmacro %}

{# A sum has 38 digits, which DuckDB rounds some fifty times more slowly than the 18 that nearly all fit in. #}
{% macro duckdb__kroner(amount) -%}
    coalesce(
        cast(try_cast({{ amount }} as decimal(18, 6)) as decimal(18, 2)), cast({{ amount }} as decimal(18, 2))
    )
{%- endmacro %}


{# A number without decimals as an integer of at least 38 digits. #}
{% macro wide_integer(number) -%}
    {{ adapter.dispatch('wide_integer')(number) }}
{%- endmacro %}

{% macro default__wide_integer(number) -%}
    cast({{ number }} as hugeint)
{%- endmacro %}


{# The name of the type of a number with 53 binary digits. #}
{% macro double_type() %}{{ return(adapter.dispatch('double_type')()) }}{% endmacro %}

{% macro default__double_type() %}{{ return('double') }}{% endmacro %}


{# A text without the spaces around it; Unicode's spaces are spaces, tabs and line ends are not. #}
{% macro trimmed(text) -%}
    {{ adapter.dispatch('trimmed')(text) }}
{%- endmacro %}

{# DuckDB's trim asks of every letter what Unicode calls it, and of thousands of texts one has spaces. #}
{% macro default__trimmed(text) -%}
    case
        when strlen({{ text }}) <> length({{ text }}) or {{ text }} like ' %' or {{ text }} like '% '
            then trim({{ text }})
        else {{ text }}
    end
{%- endmacro %}


{# A text YYYY-MM-DD as a date; null, and no error, where there is no such day. #}
{% macro try_date(text) -%}
    {{ adapter.dispatch('try_date')(text) }}
{%- endmacro %}

{% macro default__try_date(text) -%}
    try_cast({{ text }} as date)
{%- endmacro %}


{# A date from a year, month and day, each an integer expression. #}
{% macro date_of(year, month, day) -%}
    {{ adapter.dispatch('date_of')(year, month, day) }}
{%- endmacro %}

{% macro default__date_of(year, month, day) -%}
    make_date({{ year }}, {{ month }}, {{ day }})
{%- endmacro %}


{# A table function: the integers `first` to `last`, one row each, in a column `number`. #}
{% macro integers(first, last) -%}
    {{ adapter.dispatch('integers')(first, last) }}
{%- endmacro %}

{% macro default__integers(first, last) -%}
    (select cast(range as integer) as number from range({{ first }}, {{ last }} + 1))
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


{# A field of a record, or of a record in it. #}
{% macro field(record, name, inner=none) -%}
    {{ adapter.dispatch('field')(record, name, inner) }}
{%- endmacro %}

{% macro default__field(record, name, inner) -%}
    {{ record }}.{{ name }}{{ '.' ~ inner if inner }}
{%- endmacro %}


{# Whether there is a record at all, even one of empty fields. #}
{% macro is_there(record) -%}
    {{ adapter.dispatch('is_there')(record) }}
{%- endmacro %}

{% macro default__is_there(record) -%}
    {{ record }} is not null
{%- endmacro %}


{# Whether any element `line` of a list of income lines fulfils a condition; false for no list. #}
{% macro any_line(list, condition) -%}
    {{ adapter.dispatch('any_line')(list, condition) }}
{%- endmacro %}

{% macro default__any_line(list, condition) -%}
    coalesce(len(list_filter({{ list }}, lambda line: {{ condition }})) > 0, false)
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


{# The first day of the month after a month's first day. #}
{% macro next_month(month) -%}
    {{ adapter.dispatch('next_month')(month) }}
{%- endmacro %}

{% macro default__next_month(month) -%}
    cast({{ month }} + interval 1 month as date)
{%- endmacro %}


{# A day some months (an integer expression, negative: earlier) from another; a day that the month lacks is its last. #}
{% macro add_months(day, months) -%}
    {{ adapter.dispatch('add_months')(day, months) }}
{%- endmacro %}

{% macro default__add_months(day, months) -%}
    cast({{ day }} + to_months(cast({{ months }} as integer)) as date)
{%- endmacro %}


{# An aggregate: the texts of a group in alphabetical order, with a comma between. #}
{% macro listed(text) -%}
    {{ adapter.dispatch('listed')(text) }}
{%- endmacro %}

{% macro default__listed(text) -%}
    string_agg({{ text }}, ', ' order by {{ text }})
{%- endmacro %}


{# A day as Norwegian readers write it, 31.12.2017. #}
{% macro date_text(day) -%}
    {{ adapter.dispatch('date_text')(day) }}
{%- endmacro %}

{% macro default__date_text(day) -%}
    strftime({{ day }}, '%d.%m.%Y')
{%- endmacro %}


{# The value below which a share (0–1) of a column's values lies, interpolated; an aggregate. #}
{% macro quantile(column, share) -%}
    {{ adapter.dispatch('quantile')(column, share) }}
{%- endmacro %}

{% macro default__quantile(column, share) -%}
    quantile_cont({{ column }}, {{ share }})
{%- endmacro %}


{# The year of a day as ISO 8601 counts it: that of its week's Thursday. #}
{% macro iso_year(day) -%}
    {{ adapter.dispatch('iso_year')(day) }}
{%- endmacro %}

{% macro default__iso_year(day) -%}
    extract(isoyear from {{ day }})
{%- endmacro %}


{# The day of the week, Monday is 1. #}
{% macro iso_weekday(day) -%}
    {{ adapter.dispatch('iso_weekday')(day) }}
{%- endmacro %}

{% macro default__iso_weekday(day) -%}
    extract(isodow from {{ day }})
{%- endmacro %}
