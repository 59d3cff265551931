-- A corrected report replaces the employer's month as a whole: its newest delivery is current.
with newest as (
    select
        opplysningspliktigid,
        kalendermaaned,
        max(delivered) as delivered
    from {{ ref('base_aordningen__inntekt') }}
    where reason is null
    group by 1, 2
),

final as (
    select
        lines.opplysningspliktigid as employer_id,
        lines.virksomhetid as unit_id,
        lines.kalendermaaned as income_month,
        lines.personidentifikator as ident,
        lines.inntekt as income_lines,
        lines.delivered = newest.delivered as is_current,
        lines.delivered,
        lines.file_name,
        lines.line_number
    from {{ ref('base_aordningen__inntekt') }} as lines
    inner join newest
        on
            lines.opplysningspliktigid = newest.opplysningspliktigid
            and lines.kalendermaaned = newest.kalendermaaned
    where lines.reason is null
)

select * from final
