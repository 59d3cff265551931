"""What each file looks like on the day it is delivered.

A snapshot holds the rows registered by then; an end, a reason or a correction shows only once it
was registered itself. Column names and their order are those of the input contract.
"""

from dataclasses import dataclass

import duckdb

from introstat.synth.draw import NEVER, iso
from introstat.synth.faults import KINDS as FAULTS
from introstat.synth.faults import Targets, spoiled
from introstat.synth.income import KINDS as LINE_KINDS
from introstat.synth.income import SALARY


@dataclass(frozen=True)
class Extract:
    """A CSV file: its columns as text expressions on `source`, which may use `$delivered`."""

    columns: dict[str, str]
    source: str
    faults: Targets

    def query(self, delivered: str) -> str:
        """Return the file's rows on that day."""
        return spoiled(self.columns, self.source, self.faults).replace(
            "$delivered", f"date '{delivered}'"
        )


def macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the SQL shorthands that the extracts use."""
    for text in (
        f"day_text(d) as cast(nullif(d, date '{iso(NEVER)}') as varchar)",
        "day_if_known(d, today) as case when d <= today then cast(d as varchar) end",
        "number_text(n, width) as lpad(cast(n as varchar), width, '0')",
        "hours_text(half, point) as cast(half // 2 as varchar) || if(point, '.', ',') "
        "|| if(half % 2 = 1, '5', '0')",
        "current_ident(t, today) as lpad(cast(case when t.replaced_2 <= today then t.ident_3 "
        "when t.replaced_1 <= today then t.ident_2 else t.ident_1 end as varchar), 11, '0')",
    ):
        connection.execute(f"create macro {text}")


_REGISTERED = "(select * from {} where registered <= $delivered) as t"
_WITH_PERSON = (
    "(select {0}.*, person.* exclude (person, fault, row_number) from {0} "
    "inner join person using (person) where {1} <= $delivered) as t"
)
# The end as NIR knows it on the day: the true one, a mistaken one not yet undone, or none.
_ENDED = (
    "case when end_registered <= $delivered then {} when first_end_registered <= $delivered "
    "and reopened > $delivered then {} end"
)
_PERIOD = {"fra_dato": "day_text(start_date)", "til_dato": "day_text(end_date)"}
_PERIOD_SO_FAR = _PERIOD | {"til_dato": "day_if_known(end_date, $delivered)"}

NIR = {
    "personer.csv": Extract(
        {
            "ident": "current_ident(t, $delivered)",
            "duf_nummer": "number_text(duf, 12)",
            "kjonn": "cast(sex as varchar)",
            "fodselsdato": "day_text(birth)",
            "fodeland": "country",
            "statsborgerskap": "country",
            "oppholdsgrunnlag": "basis",
            "opphold_dato": "day_if_known(permit, $delivered)",
            "ankomst_dato": "day_if_known(arrival, $delivered)",
            "utdanningsbakgrunn": "school",
            "adressebeskyttelse": "cast(protection as varchar)",
            "bosatt_kommune": "if(settled <= $delivered, settled_code, null)",
            "bosatt_dato": "day_if_known(settled, $delivered)",
            "dod_dato": "day_if_known(death, $delivered)",
            "reservert_forskning": "cast(reserved as varchar)",
            "registrert_dato": "day_text(registered)",
        },
        _REGISTERED.format("person_row"),
        Targets("kjonn", start="fodselsdato", word="oppholdsgrunnlag", changed="fodselsdato"),
    ),
    "kategorier.csv": Extract(
        {
            "kategori_id": "cast(row_number as varchar)",
            "ident": "number_text(ident, 11)",
            "kategori": "kind",
            "kommunenr": "code",
            **_PERIOD_SO_FAR,
            "registrert_dato": "day_text(registered)",
        },
        _REGISTERED.format("category"),
        Targets("kommunenr", word="kategori", changed="fra_dato"),
    ),
    "vedtak.csv": Extract(
        {
            "vedtak_id": "cast(row_number as varchar)",
            "ident": "number_text(ident, 11)",
            "kommunenr": "code",
            "vedtakstype": "kind",
            "vedtaksdato": "day_text(decided)",
            **_PERIOD,
            "begrunnelse": "text",
            "registrert_dato": "day_text(registered)",
        },
        _REGISTERED.format("decision"),
        Targets("vedtaksdato", word="vedtakstype", changed="vedtaksdato"),
    ),
    "deltakelser.csv": Extract(
        {
            "deltakelse_id": "cast(row_number as varchar)",
            "ident": "number_text(ident, 11)",
            "kommunenr": "code",
            "vedtak_id": "cast(decision as varchar)",
            "start_dato": "day_text(start_date)",
            "slutt_dato": _ENDED.format("day_text(end_date)", "day_text(first_end)"),
            "avslutningsarsak": _ENDED.format("nullif(reason, '')", "'avbrutt'"),
            "avslutning_kilde": _ENDED.format("source", "'kommune'"),
            "avslutning_registrert_dato": _ENDED.format(
                "day_text(end_registered)", "day_text(first_end_registered)"
            ),
            "sluttmal": "goal",
            "integreringskontrakt_dato": "day_if_known(contract, $delivered)",
            "registrert_dato": "day_text(registered)",
        },
        _REGISTERED.format("participation"),
        Targets(
            "start_dato",
            start="start_dato",
            end="slutt_dato",
            parent="",
            word="avslutningsarsak",
            changed="start_dato",
        ),
    ),
    "tiltak.csv": Extract(
        {
            "tiltak_id": "cast(row_number as varchar)",
            "deltakelse_id": "cast(participation as varchar)",
            "tiltakstype": "word",
            "fra_dato": "day_text(start_date)",
            "til_dato": "day_text(if(end_known <= $delivered, end_date, planned_end))",
            "timer_per_uke": "hours_text(half_hours, decimal_point)",
            "registrert_dato": "day_text(registered)",
        },
        _REGISTERED.format("measure"),
        Targets("tiltakstype", number="timer_per_uke", word="tiltakstype", changed="fra_dato"),
    ),
    "fravaer.csv": Extract(
        {
            "fravaer_id": "cast(row_number as varchar)",
            "deltakelse_id": "cast(participation as varchar)",
            "fravaerstype": "kind",
            **_PERIOD,
            "timer": "hours_text(half_hours, row_number % 3 = 0)",
            "registrert_dato": "day_text(registered)",
        },
        _REGISTERED.format("absence"),
        Targets("timer", word="fravaerstype", changed="fra_dato"),
    ),
    "permisjoner.csv": Extract(
        {
            "permisjon_id": "cast(row_number as varchar)",
            "deltakelse_id": "cast(participation as varchar)",
            "permisjonstype": "kind",
            **_PERIOD,
            "registrert_dato": "day_text(registered)",
        },
        _REGISTERED.format("leave"),
        Targets("fra_dato", word="permisjonstype", changed="fra_dato"),
    ),
}

FOLKEREGISTER = {
    "identer.csv": Extract(
        {
            "ident": "number_text(old, 11)",
            "gjeldende_ident": "number_text(new, 11)",
            "fra_dato": "day_text(start_date)",
        },
        "(select * from ident_change where start_date <= $delivered) as t",
        Targets("fra_dato", ident=""),
    ),
    "bosatt.csv": Extract(
        {
            "bosatt_id": "cast(row_number as varchar)",
            "ident": "current_ident(t, $delivered)",
            "kommunenr": "code",
            **_PERIOD_SO_FAR,
        },
        _WITH_PERSON.format("residence", "start_date"),
        Targets("kommunenr"),
    ),
}

STATUS = {
    "signaler.csv": Extract(
        {
            "signal_id": "cast(row_number as varchar)",
            "ident": "current_ident(t, $delivered)",
            "signal": "signal",
            **_PERIOD_SO_FAR,
            "kilde": "source",
        },
        _WITH_PERSON.format("signal", "known"),
        Targets("signal", word="signal"),
    ),
}

UNITS = Extract(
    {
        "virksomhet_id": "number_text(unit, 9)",
        "kommunenr": "code",
        "gyldig_fra": "day_text(start_date)",
        "gyldig_til": "day_if_known(end_date, $delivered)",
    },
    "(select * replace (-1 as fault) from unit where start_date <= $delivered) as t",
    Targets("kommunenr"),  # its rows have no fault
)


def income_query(delivered: int, month: int) -> str:
    """Return the JSON lines of one calendar month that a delivery holds; both as month numbers."""
    calendar = f"{1970 + month // 12}-{month % 12 + 1:02d}"
    words = " ".join(
        f'when {number} then \'"{place}": {{"beskrivelse": "{word}"}}\''
        for number, (place, word) in enumerate(LINE_KINDS)
    )
    bad, missing = FAULTS.index("bad_ident"), FAULTS.index("missing")
    return f"""
        with lines as (
            select payer, unit, ident, fault, row_number,
                '{{"fordel": "kontantytelse", "utloeserArbeidsgiveravgift": '
                || if(kind >= {SALARY}, 'true', 'false')
                || ', "inngaarIGrunnlagForTrekk": true, "beloep": ' || amount || ', '
                || case kind {words} end || '}}' as line
            from income_line
            where delivered = {delivered} and month = {month}
        ),
        objects as (
            select payer, unit, number_text(ident, 11) as ident, max(fault = {bad}) as is_bad,
                max(fault = {missing}) as is_missing, min(row_number) as row_number,
                string_agg(line, ', ' order by row_number) as lines
            from lines group by payer, unit, ident
        )
        select '{{"opplysningspliktigId": "' || payer || '", "virksomhetId": "' || unit
            || '", "kalendermaaned": "{calendar}", "inntektsmottaker": {{"personidentifikator": "'
            || case when is_missing then ''
                when is_bad then left(ident, 10) || (cast(right(ident, 1) as integer) + 1) % 10
                else ident end
            || '"}}, "inntekt": [' || lines || ']}}'
        from objects
        order by row_number
    """


FORM_11B = "select line from form_11b where year = {}"
