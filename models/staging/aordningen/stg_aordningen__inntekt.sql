-- A corrected report replaces the employer's month as a whole: its newest delivery is the current one.
with lines as (
    select * from {{ ref('base_aordningen__inntekt') }}
    where reason is null
),

newest as (
    select
        "opplysningspliktigId",
        kalendermaaned,
        max(delivered) as delivered,
    from lines
    group by 1, 2
),

final as (
    select
        lines."opplysningspliktigId" as employer_id,
        lines."virksomhetId" as unit_id,
        lines.kalendermaaned as income_month,
        lines.personidentifikator as ident,
        lines.inntekt as income_lines,
        lines.delivered = newest.delivered as is_current,
        lines.delivered,
        lines.file_name,
        lines.line_number,
    from lines
    inner join newest
        on
            lines."opplysningspliktigId" = newest."opplysningspliktigId"
            and lines.kalendermaaned = newest.kalendermaaned
)

select * from final
