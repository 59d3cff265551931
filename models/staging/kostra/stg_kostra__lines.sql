{{ config(materialized='table') }}

-- Every line of a form, read as the contract says whether or not it is quarantined: the form's
-- controls are asked of what was sent. A value that is no text has what stood there beside it.
{%- set received = source('kostra', '11b') -%}
{%- do ref('placeholder_dates') -%}
{%- set columns = contract_columns('kostra', '11b') if execute else [] %}
with texts as (
    select
        delivered,
        file_name,
        line_number,
        line_content,
        has_only_digits,
        {%- for column in columns %}
        {{ column.text }} as {{ column.name }}{{ '_text' if column.type != 'varchar' }},
        {%- endfor %}
        fodselsnummer_is_valid,
        duf_nummer_is_valid,
        row_number() over (
            partition by
                {%- for column in columns %}
                {{ column.quoted }},
                {%- endfor %}
                delivered,
                file_name,
                line_content
            order by line_number
        ) as occurrence
    from {{ received }}
),

final as (
    select
        texts.*,
        {%- for column in columns if column.type != 'varchar' %}
        {{ parsed('texts.' ~ column.name ~ '_text', column.type) }} as {{ column.name }},
        {%- endfor %}
        files.is_current
    from texts
    inner join {{ ref('stg_kostra__files') }} as files
        on
            texts.delivered = files.delivered
            and texts.file_name = files.file_name
)

select * from final
