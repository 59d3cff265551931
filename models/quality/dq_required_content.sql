-- C17: within some months of the start there is what the law requires in a programme.
{%- set lacking = 'case when fulfilled.content is null then contents.label_nb end' %}
with participations as (
    select
        *,
        {{ add_to_date('start_date', rule_limit('C17', 'months'), 'month') }} as due_date
    from {{ ref('int_participation__accepted') }}
    where has_begun
),

contents as (
    select
        participations.participation_no,
        laws.content,
        laws.label_nb
    from participations
    inner join {{ ref('law_measures') }} as laws
        on
            participations.legal_regime = laws.legal_regime
            and participations.start_date >= coalesce(laws.valid_from, date '0001-01-01')
            and participations.start_date < coalesce(laws.valid_to, date '9999-12-31')
    group by participations.participation_no, laws.content, laws.label_nb
),

fulfilled as (
    select
        participations.participation_no,
        laws.content
    from participations
    inner join {{ ref('stg_nir__tiltak') }} as measures
        on
            participations.participation_id = measures.participation_id
            and participations.due_date >= measures.from_date
            and coalesce(participations.start_date <= measures.to_date, true)
    inner join {{ ref('law_measures') }} as laws
        on
            participations.legal_regime = laws.legal_regime
            and measures.measure_word = laws.measure_word
    group by participations.participation_no, laws.content
),

judged as (
    select
        contents.participation_no,
        count(fulfilled.content) < count(*) as is_finding,
        {{ dbt.listagg(lacking, "', '", 'order by ' ~ lacking) }} as missing
    from contents
    left join fulfilled
        on
            contents.participation_no = fulfilled.participation_no
            and contents.content = fulfilled.content
    group by contents.participation_no
),

final as (
    select
        'C17' as rule_id,
        'participation' as unit_type,
        participations.participation_id as unit_id,
        participations.person_key,
        participations.participation_id,
        participations.municipality_code,
        participations.legal_regime,
        participations.is_address_protected,
        participations.due_date as event_date,
        judged.participation_no is not null
        and participations.last_day >= participations.due_date as is_applicable,
        coalesce(judged.is_finding, false) as is_finding,
        'Mangler ' || {{ date_text('participations.due_date') }} || ': ' || judged.missing
            as detail
    from participations
    left join judged on participations.participation_no = judged.participation_no
)

select * from final
