{# The tables of the contract as they are named in staging: `<source>__<table>`. #}
{% macro datasets() %}
    {{- return([
        'nir__personer', 'nir__kategorier', 'nir__vedtak', 'nir__deltakelser', 'nir__tiltak',
        'nir__fravaer', 'nir__permisjoner', 'aordningen__inntekt', 'aordningen__virksomheter',
        'folkeregister__identer', 'folkeregister__bosatt', 'status__signaler', 'kostra__11b',
    ]) -}}
{% endmacro %}
