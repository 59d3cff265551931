"""Form 11b: what the municipalities reported to Statistics Norway until NIR replaced it.

One line of 111 characters per participant, municipality and year, for those who received benefit
in the year. The form is filled from what truly happened, so it knows measures and participants
that were never registered in NIR. The eleven measure fields stand in the order of their codes:
01-08, 10, 11, 99; field 05 is always 00. Which label a code has is not published; the codes in
`measures.csv` follow the order in which the labels are listed, and the year-end codes in
`parameters.yml` are assumptions, except 06 (still in the programme).
"""

import duckdb

from introstat.synth.faults import KINDS as FAULTS
from introstat.synth.parameters import data, parameters

MEASURE_FIELDS = ("01", "02", "03", "04", "05", "06", "07", "08", "10", "11", "99")
WIDTH = 111


def prepare(connection: duckdb.DuckDBPyConnection, first_year: int, last_year: int) -> None:
    """Make table `form_11b`: `year`, `line`, in order."""
    p = parameters()["kostra"]
    status = {word: code for word, code in p["status"].items() if word not in ("still_in", "other")}
    words = " ".join(f"when '{word}' then '{code}'" for word, code in status.items())
    measures = " ".join(
        f"when '{row['measure_word']}' then '{row['kostra_code']}'" for row in data("measures.csv")
    )
    slots = " || ".join(
        f"if(list_contains(codes, '{code}'), '{code}', '00')" for code in MEASURE_FIELDS
    )
    months = " || ".join(
        f"if(list_contains(paid_months, {month}), '{month:02d}', '00')" for month in range(1, 13)
    )
    marital = p["marital_status"]
    # A form can be faulty too: a wrong check digit, an end without its date.
    bad_ident, reversed_end = FAULTS.index("bad_ident"), FAULTS.index("reversed")
    edges = [sum(marital[: number + 1]) for number in range(len(marital))]
    # Draws per person and year without a generator: a fixed mixing of their numbers.
    connection.execute(
        "create or replace macro mixed(a, b, salt) as "
        "((a * 7919 + b * 104729 + salt * 15485863) * 48271 % 2147483647) "
        "* 48271 % 2147483647 / 2147483647.0"
    )
    connection.execute(f"""
        create table form_11b as
        with years as (select unnest(range({first_year}, {last_year} + 1)) as year),
        reported as (
            select years.year, participation.*, make_date(years.year, 12, 31) as year_end
            from participation
            inner join years
                on participation.start_date <= make_date(years.year, 12, 31)
                and participation.end_date >= make_date(years.year, 1, 1)
            qualify row_number() over (
                partition by years.year, person, code order by start_date desc, row_number
            ) = 1
        ),
        paid as (
            select person, year, list(distinct month_number) as paid_months,
                sum(amount) as total, bool_or(has_wage) as has_wage
            from (
                select person, 1970 + month // 12 as year, month % 12 + 1 as month_number,
                    if(kind = 0, amount, 0) as amount, kind >= 2 as has_wage
                from income_line where delivered = month and kind <> 1
                qualify max(kind = 0) over (partition by person, month)
            )
            group by all
        ),
        codes as (
            select reported.year, reported.row_number as participation,
                list(distinct case measure.word {measures} end) as codes
            from reported
            inner join measure
                on measure.participation = reported.row_number
                and measure.start_date <= reported.year_end
                and measure.end_date >= make_date(reported.year, 1, 1)
            group by all
        ),
        joined as (
            select reported.*, person.sex, person.duf, paid.paid_months, paid.total, paid.has_wage,
                if(
                    mixed(reported.person, reported.year, 1) < {p["extra_measure"]},
                    list_append(
                        coalesce(codes.codes, []),
                        ['02', '07', '10', '11', '99'][1 + reported.person % 5]
                    ),
                    coalesce(codes.codes, ['01'])
                ) as codes,
                case when person.replaced_2 <= year_end then ident_3
                    when person.replaced_1 <= year_end then ident_2 else ident_1 end as number,
                mixed(reported.person, 0, 2) as draw_marital
            from reported
            inner join person on person.person = reported.person
            inner join paid on paid.person = reported.person and paid.year = reported.year
            left join codes
                on codes.year = reported.year and codes.participation = reported.row_number
            where paid.total > 0
        )
        select year,
            code || lpad(cast(year % 100 as varchar), 2, '0')
            || if(code = '0301', lpad(cast(person % 15 + 1 as varchar), 2, '0'), '00') || '00'
            || lpad(cast(row_number as varchar), 8, '0')
            || if(mixed(person, year, 3) < {p["without_ident"]} and duf is not null,
                repeat(' ', 11),
                lpad(cast(if(fault = {bad_ident}, number // 10 * 10 + (number + 1) % 10, number)
                    as varchar), 11, '0'))
            || coalesce(lpad(cast(duf as varchar), 12, '0'), repeat(' ', 12))
            || cast(sex as varchar)
            || case when draw_marital < {edges[0]} then '1' when draw_marital < {edges[1]} then '2'
                when draw_marital < {edges[2]} then '3' else '4' end
            || strftime(start_date, '%d%m%y') || if(has_wage, '1', '2')
            || {slots}
            || if(end_date > year_end, '{p["status"]["still_in"]}',
                case reason {words} else '{p["status"]["other"]}' end)
            || if(end_date > year_end or fault = {reversed_end}, '000000',
                strftime(end_date, '%d%m%y'))
            || {months}
            || lpad(cast(least(total, 9999999) as varchar), 7, '0') as line
        from joined
        order by year, code, row_number
    """)
