{#
    A limit of a rule, as a value in SQL. The limits are rows of the seed rule_limits; which ones a rule
    has is said here, once, because the models ask for them by name; K19 to K23 only the reception check
    asks, which reads the same seed.
#}
{% macro limits_of_rules() %}
    {{- return({
        'C01': ['months'],
        'C04': ['days'],
        'C05': ['months'],
        'C07': ['hours'],
        'C08': ['programme_days'],
        'C13': ['factor'],
        'C14': ['months'],
        'C17': ['months'],
        'C22': ['lowest_age', 'highest_age'],
        'C23': ['percent'],
        'K15': ['amount'],
        'K19': ['amount'],
        'K20': ['amount'],
        'K23': ['amount'],
    }) -}}
{% endmacro %}


{% macro rule_limit(rule_id, limit_name) -%}
    {%- if limit_name not in limits_of_rules().get(rule_id, []) -%}
        {%- do exceptions.raise_compiler_error(
            "Rule " ~ rule_id ~ " has no limit '" ~ limit_name ~ "'; limits_of_rules() lists them.") -%}
    {%- endif -%}
    (
        select limit_value from {{ ref('rule_limits') }}
        where rule_id = '{{ rule_id }}' and limit_name = '{{ limit_name }}'
    )
{%- endmacro %}


{# Models of checked units, one for each family of rules, with their rules; dq_checked puts them together. #}
{% macro rule_families() %}
    {{- return({
        'dq_benefit': ['C11', 'C12', 'C13'],
        'dq_codes': ['C18'],
        'dq_dates': ['C22'],
        'dq_decisions': ['C02', 'C14'],
        'dq_durations': ['C10'],
        'dq_endings': ['C03', 'C20'],
        'dq_full_time': ['C08'],
        'dq_idents': ['C19'],
        'dq_kostra_forms': ['K01', 'K05', 'K09', 'K11', 'K12', 'K13', 'K14', 'K15', 'K17', 'K18'],
        'dq_kostra_share': ['C23'],
        'dq_law_fields': ['C15', 'C16'],
        'dq_measure_gaps': ['C04'],
        'dq_measures': ['C06', 'C07'],
        'dq_municipality_codes': ['C21'],
        'dq_overlaps': ['C09'],
        'dq_registration': ['C05'],
        'dq_required_content': ['C17'],
        'dq_running_measures': ['C01'],
    }) -}}
{% endmacro %}


{# The columns of a checked unit, in order. #}
{% macro unit_columns() %}
    {{- return([
        'rule_id', 'unit_type', 'unit_id', 'person_key', 'participation_id', 'municipality_code',
        'legal_regime', 'is_address_protected', 'event_date', 'is_applicable', 'is_finding',
        'detail',
    ]) -}}
{% endmacro %}


{#
    The municipality that units without one are counted under, and those of persons with a protected
    address: so that municipalities show neither and the sum over all rows is the country.
    9999 is what Statistics Norway writes for an unknown municipality.
#}
{% macro no_municipality() -%}
    '9999'
{%- endmacro %}


{# Fields that a law can require or forbid: the extract's column and what it is called in our models. #}
{% macro law_field_columns() %}
    {{- return({
        'participation': {
            'sluttmal': 'final_goal', 'integreringskontrakt_dato': 'integration_contract_date',
        },
        'person': {'utdanningsbakgrunn': 'upper_secondary_word'},
    }) -}}
{% endmacro %}


{#
    Tables with coded columns: key, whose the row is (ident or deltakelse_id), which municipality's and of
    which day. Which list a column has is in the seed coded_columns.
#}
{% macro coded_tables() %}
    {{- return({
        'nir__personer': {
            'key': 'ident', 'owner': 'ident', 'municipality': 'bosatt_kommune',
            'date': 'registrert_dato',
            'columns': [
                'kjonn', 'fodeland', 'statsborgerskap', 'utdanningsbakgrunn',
                'adressebeskyttelse', 'reservert_forskning',
            ],
        },
        'nir__kategorier': {
            'key': 'kategori_id', 'owner': 'ident', 'municipality': 'kommunenr',
            'date': 'registrert_dato', 'columns': ['kategori'],
        },
        'nir__vedtak': {
            'key': 'vedtak_id', 'owner': 'ident', 'municipality': 'kommunenr',
            'date': 'registrert_dato', 'columns': ['vedtakstype'],
        },
        'status__signaler': {
            'key': 'signal_id', 'owner': 'ident', 'municipality': 'cast(null as ' ~ dbt.type_string() ~ ')',
            'date': 'fra_dato', 'columns': ['signal'],
        },
        'nir__deltakelser': {
            'key': 'deltakelse_id', 'owner': 'deltakelse_id', 'date': 'registrert_dato',
            'columns': ['avslutningsarsak', 'avslutning_kilde', 'sluttmal'],
        },
        'nir__tiltak': {
            'key': 'tiltak_id', 'owner': 'deltakelse_id', 'date': 'registrert_dato',
            'columns': ['tiltakstype'],
        },
        'nir__fravaer': {
            'key': 'fravaer_id', 'owner': 'deltakelse_id', 'date': 'registrert_dato',
            'columns': ['fravaerstype'],
        },
        'nir__permisjoner': {
            'key': 'permisjon_id', 'owner': 'deltakelse_id', 'date': 'registrert_dato',
            'columns': ['permisjonstype'],
        },
    }) -}}
{% endmacro %}


{# Code lists that are seeds of their own, with the column of their words. The others are in code_words. #}
{% macro code_list_seeds() %}
    {{- return({
        'address_protections': 'address_protection_code', 'categories': 'category',
        'countries': 'country_code', 'measure_words': 'measure_word', 'sexes': 'sex',
        'status_signals': 'signal', 'termination_reasons': 'termination_reason',
    }) -}}
{% endmacro %}


{# Hours as Norwegian readers write them, 37,5. #}
{% macro hours_text(hours) -%}
    replace(cast(cast({{ hours }} as decimal(12, 1)) as {{ dbt.type_string() }}), '.', ',')
{%- endmacro %}
