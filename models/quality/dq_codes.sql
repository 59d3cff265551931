-- C18: every code that is filled in is a known word. Which column has which list is in the seed
-- coded_columns.
with known_words as (
    select
        code_list,
        word
    from {{ ref('code_words') }}
    {%- for code_list, column in code_list_seeds().items() %}
    union all
    select
        '{{ code_list }}' as code_list,
        {{ column }} as word
    from {{ ref(code_list) }}
    {%- endfor %}
),

values_of_persons as (
    {%- for dataset, table in coded_tables().items() if table.owner == 'ident' %}
    {%- set union = not loop.first %}
    {%- for column in table.columns %}
    {{ 'union all' if union or not loop.first }}
    select
        '{{ dataset.split('__')[1] }}' as table_name,
        '{{ column }}' as column_name,
        {{ table.key }} as unit_id,
        ident,
        {{ table.municipality }} as municipality_code,
        {{ table.date }} as event_date,
        {{ column }} as word
    from {{ ref('base_' ~ dataset) }}
    where reason is null and {{ column }} is not null
    {%- endfor %}
    {%- endfor %}
),

values_of_participations as (
    {%- for dataset, table in coded_tables().items() if table.owner == 'deltakelse_id' %}
    {%- set union = not loop.first %}
    {%- for column in table.columns %}
    {{ 'union all' if union or not loop.first }}
    select
        '{{ dataset.split('__')[1] }}' as table_name,
        '{{ column }}' as column_name,
        {{ table.key }} as unit_id,
        deltakelse_id as participation_id,
        {{ table.date }} as event_date,
        {{ column }} as word
    from {{ ref('base_' ~ dataset) }}
    where reason is null and {{ column }} is not null
    {%- endfor %}
    {%- endfor %}
),

with_person as (
    select
        words.table_name,
        words.column_name,
        words.unit_id,
        coalesce(idents.person_key, words.ident) as person_key,
        cast(null as {{ dbt.type_string() }}) as participation_id,
        words.municipality_code,
        persons.legal_regime,
        coalesce(persons.is_address_protected, false) as is_address_protected,
        words.event_date,
        words.word
    from values_of_persons as words
    left join {{ ref('int_identity__current_idents') }} as idents on words.ident = idents.ident
    left join {{ ref('int_person__persons') }} as persons
        on coalesce(idents.person_key, words.ident) = persons.person_key
    union all
    select
        words.table_name,
        words.column_name,
        words.unit_id,
        participations.person_key,
        words.participation_id,
        participations.municipality_code,
        participations.legal_regime,
        participations.is_address_protected,
        words.event_date,
        words.word
    from values_of_participations as words
    inner join {{ ref('int_participation__accepted') }} as participations
        on words.participation_id = participations.participation_id
),

final as (
    select
        'C18' as rule_id,
        with_person.table_name || '.' || with_person.column_name as unit_type,
        with_person.unit_id,
        with_person.person_key,
        with_person.participation_id,
        with_person.municipality_code,
        with_person.legal_regime,
        with_person.is_address_protected,
        with_person.event_date,
        true as is_applicable,
        known_words.word is null as is_finding,
        with_person.column_name || ': ' || with_person.word as detail
    from with_person
    inner join {{ ref('coded_columns') }} as columns
        on
            with_person.table_name = columns.table_name
            and with_person.column_name = columns.column_name
    left join known_words
        on
            columns.code_list = known_words.code_list
            and with_person.word = known_words.word
)

select * from final
