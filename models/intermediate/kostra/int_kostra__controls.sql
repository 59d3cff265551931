-- The published controls of form 11b, Statistics Norway's K1–K23 (docs/completeness.md), asked of a
-- line: true where the control holds, false where it is a finding, null where it is not asked. Of a
-- line that has another length nothing but that is known, and a line that repeats one is not asked.
-- The reception check runs this same text on a form as it comes (introstat/receipt/check).
{%- set two_digits = "substr({}, {}, 2)" %}
with lines as (
    select
        *,
        {{ parsed_integer('substr(file_name, 5, 4)') }} as file_year,
        occurrence = 1 as is_first
    from {{ ref('stg_kostra__lines') }}
),

dated as (
    select
        *,
        is_first and line_content is null as is_asked,
        {{ dbt.date('file_year', 1, 1) }} as year_start,
        {{ dbt.date('file_year', 12, 31) }} as year_end
    from lines
),

-- Blank and 00 are the same in a place of two digits.
counted as (
    select
        *,
        {%- for place in range(1, 12) %}
        {{ '+ ' if not loop.first }}case
            when
                coalesce({{ two_digits.format('tiltak', 2 * place - 1) }}, '')
                in ('', '  ', '00')
                then 0
            else 1
        end
        {%- endfor %} as filled_measures,
        {%- for month in range(1, 13) %}
        {{ '+ ' if not loop.first }}case
            when
                coalesce({{ two_digits.format('stonadsmaneder', 2 * month - 1) }}, '')
                in ('', '  ', '00')
                then 0
            else 1
        end
        {%- endfor %} as filled_months,
        {%- for month in range(1, 13) %}
        {{ '+ ' if not loop.first }}case
            when
                {{ two_digits.format('stonadsmaneder', 2 * month - 1) }}
                = '{{ '%02d' % month }}'
                then 1
            else 0
        end
        {%- endfor %} as benefit_months
    from dated
),

-- Measures whose code stands in its own place.
placed_measures as (
    select
        lines.delivered,
        lines.file_name,
        lines.line_number,
        count(*) as placed
    from lines
    inner join {{ ref('kostra_measures') }} as measures
        on substr(lines.tiltak, 2 * measures.place - 1, 2) = measures.kostra_code
    group by lines.delivered, lines.file_name, lines.line_number
),

file_years as (
    select
        file_year,
        year_start,
        year_end
    from dated
    group by file_year, year_start, year_end
),

-- Municipalities that there were on a day of the year.
municipalities as (
    select
        file_years.file_year,
        municipalities.municipality_code
    from file_years
    inner join {{ ref('municipalities') }} as municipalities
        on
            file_years.year_end >= municipalities.valid_from
            and file_years.year_start < coalesce(municipalities.valid_to, date '9999-12-31')
    group by file_years.file_year, municipalities.municipality_code
),

amounts as (
    select
        file_years.file_year,
        max(case when amounts.rule_id = 'K19' then amounts.amount end) as below_a_month,
        max(case when amounts.rule_id = 'K20' then amounts.amount end) as above_a_month,
        max(case when amounts.rule_id = 'K23' then amounts.amount end) as below_a_year
    from file_years
    inner join {{ ref('kostra_amounts') }} as amounts
        on
            file_years.year_end >= coalesce(amounts.valid_from, date '0001-01-01')
            and file_years.year_end < coalesce(amounts.valid_to, date '9999-12-31')
    group by file_years.file_year
),

-- A form has no date of birth, and no age is read off a number: NIR's person of the same number.
births as (
    select
        ident,
        max(birth_date) as birth_date
    from {{ ref('stg_nir__personer') }}
    group by ident
),

known as (
    select
        counted.*,
        coalesce(placed_measures.placed, 0) as placed_measures,
        municipalities.municipality_code is not null as is_municipality,
        sexes.sex is not null as is_sex,
        marital_statuses.word is not null as is_marital_status,
        paid_work.word is not null as is_paid_work,
        statuses.is_ongoing,
        amounts.below_a_month,
        amounts.above_a_month,
        amounts.below_a_year,
        cast({{ completed_years('births.birth_date', 'counted.year_end') }} as integer) as age
    from counted
    left join placed_measures
        on
            counted.delivered = placed_measures.delivered
            and counted.file_name = placed_measures.file_name
            and counted.line_number = placed_measures.line_number
    left join municipalities
        on
            counted.kommunenr = municipalities.municipality_code
            and counted.file_year = municipalities.file_year
    left join {{ ref('sexes') }} as sexes on counted.kjonn = sexes.sex
    left join {{ ref('code_words') }} as marital_statuses
        on
            counted.sivilstand = marital_statuses.word
            and marital_statuses.code_list = 'kostra_marital_statuses'
    left join {{ ref('code_words') }} as paid_work
        on
            counted.inntektsgivende_arbeid = paid_work.word
            and paid_work.code_list = 'kostra_paid_work'
    left join {{ ref('kostra_statuses') }} as statuses on counted.status = statuses.status
    left join amounts on counted.file_year = amounts.file_year
    left join births on counted.fodselsnummer = births.ident
),

final as (
    select
        delivered,
        file_name,
        line_number,
        year_end,
        age,
        filled_measures,
        filled_months,
        benefit_months,
        case when is_first then line_content is null end as k01,
        case when is_asked then coalesce(has_only_digits, true) end as k02,
        case when is_asked then is_municipality end as k03,
        case when is_asked then coalesce(2000 + oppgaveaar = file_year, false) end as k04,
        case when is_asked then coalesce(fodselsnummer_is_valid, false) end as k05,
        case when is_asked then duf_nummer is null or coalesce(duf_nummer_is_valid, false) end
            as k06,
        case when is_asked then is_sex end as k07,
        case when is_asked then is_marital_status end as k08,
        case when is_asked then startdato is not null end as k09,
        case when is_asked then is_paid_work end as k10,
        case when is_asked then filled_measures > 0 and filled_measures = placed_measures end
            as k11,
        case when is_asked then is_ongoing is not null end as k12,
        case
            when is_asked and coalesce(not is_ongoing, true)
                then coalesce(avslutningsdato between year_start and year_end, false)
        end as k13,
        case when is_asked then filled_months > 0 and filled_months = benefit_months end as k14,
        case
            when is_asked
                then coalesce(stonad > 0 and stonad < {{ rule_limit('K15', 'amount') }}, false)
        end as k15,
        case when is_asked then avslutningsdato >= startdato end as k16,
        case when is_asked then avslutningsdato >= year_start end as k17,
        case
            when is_asked and is_ongoing
                then
                    coalesce(
                        {{ two_digits.format('stonadsmaneder', 2 * 12 - 1) }} = '12', false
                    )
        end as k18,
        case
            when is_asked and benefit_months > 0 then stonad < below_a_month * benefit_months
        end as k19,
        case
            when is_asked and benefit_months > 0 then stonad > above_a_month * benefit_months
        end as k20,
        case when is_asked then age >= {{ rule_limit('K21', 'lowest_age') }} end as k21,
        case when is_asked then age < {{ rule_limit('K22', 'below_age') }} end as k22,
        case when is_asked then stonad < below_a_year end as k23
    from known
)

select * from final
