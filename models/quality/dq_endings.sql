-- C03: an ended participation has a registered reason. C20: it was not ended by the system.
{%- for rule_id, finding, detail in [
    (
        'C03', "termination_reason = 'ikke_registrert'",
        "'Avsluttet ' || " ~ date_text('end_date') ~ " || ' uten årsak'",
    ),
    (
        'C20', "coalesce(termination_source = 'system', false)",
        "'Avsluttet av systemet ' || " ~ date_text('end_date') ~ " || ', årsak '"
        ~ " || termination_reason",
    ),
] %}
{{ 'union all' if not loop.first }}
select
    '{{ rule_id }}' as rule_id,
    'participation' as unit_type,
    participation_id as unit_id,
    person_key,
    participation_id,
    municipality_code,
    legal_regime,
    is_address_protected,
    end_date as event_date,
    true as is_applicable,
    {{ finding }} as is_finding,
    {{ detail }} as detail
from {{ ref('int_participation__accepted') }}
where has_begun and end_date is not null
{%- endfor %}
