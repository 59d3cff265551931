"""The oracle itself, on cases small enough to work out by hand."""

import csv
import gzip
import hashlib
import json
import random
from collections import Counter
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest
from oracle.compare import TABLES, compare
from oracle.dirt import DAY, dirty, synthetic_ident
from oracle.facts import FACTS, Facts, all_facts
from oracle.places import place_on
from oracle.reading import LAYOUTS, Extracts, Row, is_valid_ident, read

RANDOM = random.Random(0)
ANNA, BIRK, CARL, DINA = sorted(
    synthetic_ident(RANDOM, date(1985, 1, 1) + n * DAY) for n in range(4)
)
D_NUMBER = synthetic_ident(RANDOM, date(1985, 1, 9), d_number=True)


def deliver(
    root: Path,
    source: str,
    delivered: str,
    files: dict[str, Any],
    encoding: str = "utf-8",
) -> None:
    """Write a delivery. A CSV file is text, or rows that are filled up with what is required."""
    folder = root / source / delivered
    folder.mkdir(parents=True)
    listed = {}
    for dataset in LAYOUTS[source] if source != "aordningen" else ():
        if not any(name.startswith(dataset + ".") for name in files):
            files[f"{dataset}.csv"] = []
    for name, content in files.items():
        dataset = name.split(".")[0]
        rows = len(content)
        if dataset in LAYOUTS[source] and isinstance(content, list):
            layout = LAYOUTS[source][dataset]
            lines = [";".join(layout.columns)]
            for place, row in enumerate(content, start=1):
                defaults = {"registrert_dato": "2017-02-01", "kommunenr": "0301"}
                if layout.key and layout.key != "ident":
                    defaults[layout.key] = str(place)
                lines.append(";".join((defaults | row).get(name, "") for name in layout.columns))
            text = "\n".join(lines) + "\n"
        elif isinstance(content, list):
            text = "".join(
                (line if isinstance(line, str) else json.dumps(line)) + "\n" for line in content
            )
        else:
            text, rows = content
        data = text.encode(encoding)
        if name.endswith(".gz"):
            data = gzip.compress(data)
        (folder / name).write_bytes(data)
        listed[name] = {"rows": rows, "sha256": hashlib.sha256(data).hexdigest()}
    manifest = {
        "contract": f"{source}/1",
        "source": source,
        "delivered": delivered,
        "covers_until": delivered,
        "encoding": encoding,
        "files": listed,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")


def one_participation(root: Path, delivered: str = "2018-01-21", **files: list[Row]) -> Extracts:
    """Deliver one participation, P, from Monday 2 January to Friday 13 January 2017."""
    nir: dict[str, Any] = {
        "deltakelser.csv": [
            {
                "deltakelse_id": "P",
                "ident": ANNA,
                "start_dato": "2017-01-02",
                "slutt_dato": "2017-01-13",
            }
        ]
    }
    for name, rows in files.items():
        nir[f"{name}.csv"] = [{"deltakelse_id": "P"} | row for row in rows]
    deliver(root, "nir", delivered, nir)
    return read(root)


def income(employer: str, month: str, person: str, amount: Any, kind: str = "benefit") -> Row:
    """Return one line of the monthly income file."""
    what = {
        "benefit": {"pensjonEllerTrygd": {"beskrivelse": "introduksjonsstoenad"}},
        "wage": {"loennsinntekt": {"beskrivelse": "timeloenn"}},
    }
    return {
        "opplysningspliktigId": employer,
        "virksomhetId": "9" + employer,
        "kalendermaaned": month,
        "inntektsmottaker": {"personidentifikator": person},
        "inntekt": [{"beloep": amount} | what[kind]],
    }


def reasons(extracts: Extracts) -> Counter[tuple[str, str, int]]:
    """Return what was set aside: dataset, reason and line."""
    return Counter((row.dataset, row.reason, row.line_number) for row in extracts.quarantined)


def test_the_published_examples_of_the_new_rule_are_valid() -> None:
    for ident in ("02013299997", "30108299920", "30108299939", D_NUMBER, ANNA):
        assert is_valid_ident(ident)
    for ident in ("02013299998", "31828299997", "3010829992", "30108299920 ", ""):
        assert not is_valid_ident(ident)


def test_days_of_leave_are_no_programme_days(tmp_path: Path) -> None:
    """Ten days; leave from Friday over the weekend to Tuesday takes three of them."""
    extracts = one_participation(
        tmp_path, permisjoner=[{"permisjonstype": "sykdom", "fra_dato": "2017-01-06",
                                "til_dato": "2017-01-10"}],
        tiltak=[{"tiltakstype": "norsk", "fra_dato": "2016-12-01", "timer_per_uke": "37,5"}],
    )  # fmt: skip
    (row,) = Facts(extracts).fct_participation()
    assert (row["programme_days"], row["leave_days"], row["measure_days"]) == (7, 3, 7)
    assert row["planned_hours"] == Fraction("52.5")
    assert row["hours_per_week"] == Fraction("37.5")
    assert row["termination_reason"] == "ikke_registrert"
    assert row["registration_lag_days"] == 30


def test_two_measures_of_a_kind_add_hours_not_days(tmp_path: Path) -> None:
    """Week 1: norsk 10 all week, samfunnskunnskap 5 from Wednesday: 10 + 3 hours on 5 days."""
    extracts = one_participation(
        tmp_path,
        tiltak=[
            {"tiltakstype": "norsk", "fra_dato": "2017-01-02", "til_dato": "2017-01-08",
             "timer_per_uke": "10"},
            {"tiltakstype": "samfunnskunnskap", "fra_dato": "2017-01-04",
             "til_dato": "2017-01-06", "timer_per_uke": "5.0"},
            {"tiltakstype": "nytt_ord", "fra_dato": "2017-01-12", "timer_per_uke": ""},
        ],
    )  # fmt: skip
    weeks = {
        (row["week_start"], row["measure_type"]): (row["measure_days"], row["planned_hours"])
        for row in Facts(extracts).fct_measure_weeks()
    }
    assert weeks == {
        (date(2017, 1, 2), "norskopplaring"): (5, 13),
        (date(2017, 1, 9), "ukjent"): (2, 0),
    }


def test_absence_is_spread_or_falls_into_its_week(tmp_path: Path) -> None:
    """9 hours Fri-Tue: 3 a day. A weekend's 2 hours fall into its week; a later week has no row."""
    spells = [
        ("gyldig", "2017-01-06", "2017-01-10", "9"),
        ("ugyldig", "2017-01-07", "2017-01-08", "2"),
        ("ugyldig", "2017-01-14", "2017-01-14", "4"),
        ("ugyldig", "2017-01-16", "2017-01-18", "8"),
        ("ukjent", "2017-01-09", "2017-01-09", "1"),
    ]
    extracts = one_participation(
        tmp_path,
        fravaer=[
            {"fravaerstype": kind, "fra_dato": first, "til_dato": last, "timer": hours}
            for kind, first, last, hours in spells
        ],
    )
    facts = Facts(extracts)
    weeks = [
        (row["week_start"], row["absence_hours_valid"], row["absence_hours_invalid"])
        for row in facts.fct_participation_weeks()
    ]
    assert weeks == [(date(2017, 1, 2), 3, 2), (date(2017, 1, 9), 6, 4)]
    (row,) = facts.fct_participation()
    assert (row["absence_hours_valid"], row["absence_hours_invalid"]) == (9, 6)


def test_nothing_is_known_after_the_delivery(tmp_path: Path) -> None:
    """Delivered on Wednesday 4 January: three days; the end is not known yet."""
    extracts = one_participation(tmp_path, delivered="2017-01-04")
    extracts.rows["deltakelser"].append(
        extracts.rows["deltakelser"][0]
        | {"deltakelse_id": "Q", "start_dato": date(2017, 1, 5), "slutt_dato": None}
    )
    known, later = Facts(extracts).fct_participation()
    assert (known["end_date"], known["is_ongoing"], known["programme_days"]) == (None, True, 3)
    assert (later["is_ongoing"], later["programme_days"], later["hours_per_week"]) == (
        False,
        0,
        None,
    )
    assert Facts(extracts).fct_terminations() == []
    assert {row["participation_id"] for row in Facts(extracts).fct_participant_periods()} == {"P"}


def test_week_53_belongs_to_its_monday(tmp_path: Path) -> None:
    extracts = one_participation(tmp_path, delivered="2021-02-01")
    extracts.rows["deltakelser"][0] |= {
        "start_dato": date(2020, 12, 31),
        "slutt_dato": date(2021, 1, 4),
    }
    weeks = Facts(extracts).fct_participation_weeks()
    assert [(row["week_start"], row["programme_days"]) for row in weeks] == [
        (date(2020, 12, 28), 2),
        (date(2021, 1, 4), 1),
    ]


def test_first_fitting_reason(tmp_path: Path) -> None:
    """Every reason once, and the good rows that stand."""
    header = "tiltak_id;deltakelse_id;tiltakstype;fra_dato;til_dato;timer_per_uke;registrert_dato"
    lines = [
        "1;P;norsk;2017-01-02;;10;2017-02-01",  # 2 replaced by line 3
        "1;P;norsk;2017-01-02;;20;2017-02-02",  # 3 stands
        "1;P;norsk;2017-01-02;;15;2017-01-30",  # 4 older
        "1;nobody;norsk;2017-01-02;;25;2017-03-01",  # 5 an orphan displaces nothing
        "1;P;norsk;2017-01-02;;30x;2017-03-01",  # 6 a faulty row displaces nothing
        "1;P;norsk;2017-01-02;;30x;2017-03-01",  # 7 the same again
        "2;P;;2017-01-99;;;2017-02-01",  # 8 missing comes before unparseable
        "3;P;norsk;2017-02-29;;;2017-02-01",  # 9
        "4;nobody;norsk;2017-01-03;2017-01-02;;2017-02-01",  # 10 end first, though an orphan
        '5;P;"no\nrsk";2017-01-02;;10;2017-02-01',  # 11 and 12, an unknown word
        " 5 ;P;norsk;2017-01-02;;11;2017-02-01",  # 13 the same key and date: the later line
        "6;BAD;norsk;2017-01-02;;;2017-02-01",  # 14 its participation was set aside
    ]
    deliver(
        tmp_path,
        "nir",
        "2018-01-21",
        {
            "tiltak.csv.gz": ("\r\n".join([header, *lines]) + "\r\n", 12),
            "deltakelser.csv": [
                {"deltakelse_id": "P", "ident": ANNA, "start_dato": "2017-01-02"},
                {"deltakelse_id": "BAD", "ident": "12345678901", "start_dato": "2017-01-02"},
            ],
        },
    )
    extracts = read(tmp_path)
    assert reasons(extracts) == Counter(
        [
            ("deltakelser", "invalid_ident", 3),
            ("tiltak", "superseded_key", 2),
            ("tiltak", "superseded_key", 4),
            ("tiltak", "orphan", 5),
            ("tiltak", "unparseable_value", 6),
            ("tiltak", "duplicate_row", 7),
            ("tiltak", "missing_required", 8),
            ("tiltak", "unparseable_value", 9),
            ("tiltak", "end_before_start", 10),
            ("tiltak", "superseded_key", 11),
            ("tiltak", "orphan", 14),
        ]
    )
    assert [row["line_number"] for row in extracts.rows["tiltak"]] == [3, 13]
    assert {row.file_name for row in extracts.quarantined} == {"tiltak.csv.gz", "deltakelser.csv"}


def test_a_chain_is_followed_and_a_loop_broken(tmp_path: Path) -> None:
    one_participation(tmp_path)
    deliver(
        tmp_path,
        "folkeregister",
        "2018-01-02",
        {
            "identer.csv": [
                {"ident": old, "gjeldende_ident": new, "fra_dato": "2017-01-01"}
                for old, new in (
                    (D_NUMBER, DINA), (DINA, CARL), (CARL, BIRK), (BIRK, CARL), (ANNA, ANNA),
                )
            ]
        },
    )  # fmt: skip
    facts = Facts(read(tmp_path))
    assert facts.current(D_NUMBER) == facts.current(CARL) == BIRK
    assert facts.current(ANNA) == ANNA


def test_the_current_idents_row_wins(tmp_path: Path) -> None:
    deliver(tmp_path, "nir", "2018-01-21", {"personer.csv": [
        {"ident": D_NUMBER, "kjonn": "1", "fodselsdato": "1985-01-01",
         "registrert_dato": "2017-12-01"},
        {"ident": ANNA, "kjonn": "2", "fodselsdato": "1985-01-01", "adressebeskyttelse": "6"},
    ]})  # fmt: skip
    deliver(tmp_path, "folkeregister", "2018-01-21", {"identer.csv": [
        {"ident": D_NUMBER, "gjeldende_ident": ANNA, "fra_dato": "2030-01-01"}]})  # fmt: skip
    (person,) = Facts(read(tmp_path)).dim_person()
    assert (person["person_key"], person["sex"], person["is_address_protected"]) == (
        ANNA,
        "2",
        True,
    )
    assert person["legal_regime"] is None  # no date and no participation


@pytest.mark.parametrize(
    ("basis", "permit", "arrival", "regime"),
    [
        ("kollektiv_beskyttelse", "2022-03-11", "", "kollektiv_beskyttelse"),
        ("kollektiv_beskyttelse", "2022-03-10", "", "integreringsloven"),
        ("flyktning", "2020-12-31", "2021-01-01", "integreringsloven"),
        ("flyktning", "2020-12-31", "", "introduksjonsloven"),
        ("flyktning", "", "", "introduksjonsloven"),  # started in January 2017
    ],
)
def test_law(tmp_path: Path, basis: str, permit: str, arrival: str, regime: str) -> None:
    extracts = one_participation(
        tmp_path, personer=[{"ident": ANNA, "kjonn": "2", "fodselsdato": "1985-01-01",
                             "oppholdsgrunnlag": basis, "opphold_dato": permit,
                             "ankomst_dato": arrival}],
    )  # fmt: skip
    assert Facts(extracts).fct_participation()[0]["legal_regime"] == regime


def test_one_exit_a_period(tmp_path: Path) -> None:
    """A ends in spring and B in autumn of 2017: two half-year exits, one of the year.

    C goes on when D ends: D is no exit. E and F end the same day; F began later.
    """
    rows = [
        ("A", ANNA, "2016-01-01", "2017-03-31"), ("B", ANNA, "2017-07-03", "2017-10-31"),
        ("C", BIRK, "2017-01-02", ""), ("D", BIRK, "2017-01-03", "2017-05-31"),
        ("E", CARL, "2016-01-01", "2017-06-30"), ("F", CARL, "2016-02-01", "2017-06-30"),
        ("G9", DINA, "2016-01-01", "2017-07-01"), ("G10", DINA, "2016-01-01", "2017-07-01"),
    ]  # fmt: skip
    deliver(tmp_path, "nir", "2018-01-21", {"deltakelser.csv": [
        {"deltakelse_id": key, "ident": ident, "start_dato": start, "slutt_dato": end,
         "avslutningsarsak": "videregaende"}
        for key, ident, start, end in rows
    ]})  # fmt: skip
    exits = {
        row["participation_id"]: (row["is_exit_of_year"], row["is_exit_of_half_year"])
        for row in Facts(read(tmp_path)).fct_terminations()
    }
    assert exits == {
        "A": (False, True),
        "B": (True, True),
        "D": (False, False),
        "E": (False, False),
        "F": (True, True),
        "G9": (True, True),  # as text 9 is greater than 10
        "G10": (False, False),
    }


def test_a_corrected_report_replaces_the_employers_month(tmp_path: Path) -> None:
    """Anna is left out of the correction. A correction with only faulty lines replaces nothing."""
    one_participation(tmp_path)
    units = [
        {"virksomhet_id": "91", "gyldig_fra": "2016-01-01", "gyldig_til": "2017-01-01"},
        {"virksomhet_id": "91", "kommunenr": "1103", "gyldig_fra": "2017-02-02"},
    ]
    deliver(tmp_path, "aordningen", "2017-03-10", {
        "virksomheter.csv": units,
        "inntekt-2017-01.jsonl": [
            income("1", "2017-01", ANNA, 100), income("1", "2017-01", BIRK, 200),
            income("2", "2017-01", ANNA, 7), income("2", "2017-01", ANNA, 7),
            income("3", "2017-02", ANNA, 9), income("1", "2017-03", ANNA, -5),
        ],
    })  # fmt: skip
    deliver(tmp_path, "aordningen", "2017-04-10", {
        "inntekt-2017-01.jsonl.gz": [
            income("1", "2017-01", BIRK, "250,50"), income("1", "2017-01", BIRK, -50),
            income("3", "2017-02", "12345678901", 9), income("2", "2017-01", ANNA, None),
        ],
    })  # fmt: skip
    extracts = read(tmp_path)
    assert reasons(extracts) == Counter(
        [("inntekt-2017-01", "invalid_ident", 3), ("inntekt-2017-01", "missing_required", 4)]
    )
    cells = {
        (row["person_key"], row["benefit_month"].month, row["municipality_code"]): (
            row["amount"],
            row["line_count"],
            row["participation_id"],
        )
        for row in Facts(extracts).fct_benefit_months()
    }
    assert cells == {
        (BIRK, 1, "0301"): (Fraction("200.5"), 2, None),
        (ANNA, 1, None): (14, 2, "P"),
        (ANNA, 2, None): (9, 1, None),
        (ANNA, 3, "1103"): (-5, 1, None),
    }
    before = Facts(read(tmp_path, date(2017, 4, 9))).fct_benefit_months()
    assert sorted(row["amount"] for row in before) == [-5, 9, 14, 100, 200]


def test_status_on_30_november(tmp_path: Path) -> None:
    """Everybody left in 2017; the status is that of 30 November 2018, known after 10 December."""
    people = (ANNA, BIRK, CARL, DINA)
    deliver(tmp_path, "nir", "2018-12-11", {
        "personer.csv": [
            {"ident": ident, "kjonn": "2", "fodselsdato": "1985-01-01", "dod_dato": died}
            for ident, died in zip(people, ("", "2018-11-30", "2018-11-29", ""), strict=True)
        ],
        "deltakelser.csv": [
            {"deltakelse_id": ident[:3] + ident[-2:], "ident": ident, "start_dato": "2016-01-01",
             "slutt_dato": "2017-12-31"}
            for ident in people
        ],
    })  # fmt: skip
    deliver(tmp_path, "folkeregister", "2018-12-11", {"bosatt.csv": [
        {"ident": ident, "fra_dato": "2016-01-01", "til_dato": last, "kommunenr": "1103"}
        for ident, last in zip(people, ("", "2018-11-30", "", "2018-11-29"), strict=True)
    ]})  # fmt: skip
    deliver(tmp_path, "status", "2018-12-11", {"signaler.csv": [
        {"ident": BIRK, "signal": "helt_ledig", "fra_dato": "2018-11-30",
         "til_dato": "2018-11-30"},
        {"ident": BIRK, "signal": "utdanning", "fra_dato": "2018-12-01"},
        {"ident": ANNA, "signal": "utdanning", "fra_dato": "2018-01-01"},
    ]})  # fmt: skip
    deliver(tmp_path, "aordningen", "2018-12-11", {"inntekt-2018-11.jsonl": [
        income("1", "2018-11", ANNA, 10, "wage"), income("1", "2018-11", BIRK, 10, "wage"),
        income("1", "2018-11", BIRK, -10, "wage"),
    ]})  # fmt: skip
    status = {
        row["person_key"]: (row["is_resident"], row["status_code"], row["status_group"])
        for row in Facts(read(tmp_path)).fct_one_year_status()
    }
    assert status == {
        ANNA: (True, "15", "1"),
        BIRK: (True, "21", "2"),
        CARL: (False, None, None),
        DINA: (False, None, None),
    }
    assert Facts(read(tmp_path, date(2018, 12, 10))).fct_one_year_status() == []


def test_a_person_has_one_municipality_a_period(tmp_path: Path) -> None:
    """Moved in March from a municipality that was merged away on 1 January 2020."""
    deliver(tmp_path, "nir", "2020-04-01", {"deltakelser.csv": [
        {"deltakelse_id": "A", "ident": ANNA, "kommunenr": "0104", "start_dato": "2019-12-31",
         "slutt_dato": "2020-03-01"},
        {"deltakelse_id": "B", "ident": ANNA, "kommunenr": "0301", "start_dato": "2020-03-02"},
        {"deltakelse_id": "C", "ident": BIRK, "kommunenr": "0104", "start_dato": "2019-12-31"},
    ]})  # fmt: skip
    assert {
        (row["person_key"], row["period"]): row["municipality_code"]
        for row in Facts(read(tmp_path)).fct_participant_periods()
    } == {
        (ANNA, "2019"): "0104", (ANNA, "2019H2"): "0104",
        (ANNA, "2020"): "0301", (ANNA, "2020H1"): "0301",
        (BIRK, "2019"): "0104", (BIRK, "2019H2"): "0104",
        (BIRK, "2020"): "3002", (BIRK, "2020H1"): "3002",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "day", "known", "place"),
    [
        ("0104", "2024-06-30", "2024-12-31", ("3103", "31")),
        ("1850", "2024-06-30", "2024-12-31", ("1850", "18")),  # a split keeps the old code
        ("5001", "2017-12-31", "2018-02-01", ("1601", "16")),
        ("5001", "2017-12-31", "2020-01-01", ("9999", "16")),  # Trondheim or Klæbu
        ("3201", "2017-12-31", "2024-06-01", ("0219", "02")),
        ("1580", "2023-12-31", "2024-06-01", ("1507", "15")),  # back over a split
        ("5054", "2017-12-31", "2024-06-01", ("9999", "9999")),  # two counties made it
        ("2100", "2017-12-31", "2024-06-01", ("9999", "9999")),
    ],
)
def test_codes_count_where_their_place_was(code, day, known, place):
    assert place_on(code, date.fromisoformat(day), date.fromisoformat(known)) == place


def form_line(**changes: str) -> str:
    """Return a line of form 11b: started on 15 February 2016, still in the programme."""
    places = {"ident": (18, 29), "duf": (29, 41), "start": (43, 49), "end": (74, 80)}
    text = list("0301" + "16" + "0" * 4 + "A1".ljust(8) + ANNA + " " * 12 + "21" + "150216")
    text += list("1" + "01" * 11 + "06" + " " * 6 + "01" * 12 + "0150000")
    assert len(text) == 111
    for name, value in changes.items():
        first, last = places[name]
        text[first:last] = list(value.ljust(last - first))
    return "".join(text)


def test_the_form_of_before(tmp_path: Path) -> None:
    deliver(
        tmp_path,
        "kostra",
        "2017-02-01",
        {
            "11b-2016.dat": [
                form_line(),
                form_line(),
                form_line(ident=""),
                form_line(ident="", duf="201612345678"),
                form_line(start="310216"),
                form_line() + "0",
                form_line(end="140216"),
                form_line(ident="12345678901"),
            ]
        },
        encoding="latin-1",
    )
    extracts = read(tmp_path)
    assert reasons(extracts) == Counter(
        [
            ("11b-2016", "duplicate_row", 2),
            ("11b-2016", "missing_required", 3),
            ("11b-2016", "unparseable_value", 5),
            ("11b-2016", "unparseable_value", 6),
            ("11b-2016", "end_before_start", 7),
            ("11b-2016", "invalid_ident", 8),
        ]
    )
    assert len(extracts.rows["11b"]) == 2


def test_a_broken_delivery_leaves_the_one_before(tmp_path: Path) -> None:
    one_participation(tmp_path)
    deliver(tmp_path, "nir", "2018-02-21", {})
    (tmp_path / "nir/2018-02-21/tiltak.csv").write_text("tiltak_id\n", "utf-8")
    extracts = read(tmp_path)
    assert extracts.observed_until == date(2018, 1, 21)
    assert list(extracts.rejected) == [("nir", "2018-02-21")]


def messy(tmp_path: Path) -> Path:
    """Deliver a dozen people in all sources, then throw dirt at them."""
    rng = random.Random(3)
    people = [synthetic_ident(rng, date(1970, 1, 1) + 400 * n * DAY) for n in range(24)]
    clean = tmp_path / "clean"
    for delivered in ("2017-07-10", "2018-12-20"):
        deliver(clean, "nir", delivered, {
            "personer.csv": [
                {"ident": ident, "kjonn": "12"[place % 2], "fodselsdato": "1985-01-01"}
                for place, ident in enumerate(people)
            ],
            "deltakelser.csv": [
                {"ident": ident, "start_dato": f"2016-0{1 + place % 9}-10",
                 "slutt_dato": "2017-05-31" if place % 3 else ""}
                for place, ident in enumerate(people)
            ],
            "vedtak.csv": [
                {"ident": ident, "vedtakstype": "tildeling", "vedtaksdato": "2016-01-01"}
                for ident in people
            ],
            "tiltak.csv": [
                {"deltakelse_id": str(place), "tiltakstype": "norsk", "fra_dato": "2016-10-01",
                 "timer_per_uke": "30"}
                for place in range(1, 25)
            ],
        })  # fmt: skip
        deliver(clean, "aordningen", delivered, {
            "virksomheter.csv": [{"virksomhet_id": "91", "gyldig_fra": "2015-01-01"}],
            f"inntekt-{delivered[:4]}-11.jsonl": [
                income("1", f"{delivered[:4]}-11", ident, 15429, kind)
                for ident in people
                for kind in ("benefit", "wage")
            ],
        })  # fmt: skip
    deliver(clean, "folkeregister", "2018-12-20", {"bosatt.csv": [
        {"ident": ident, "fra_dato": "2016-01-01"} for ident in people
    ]})  # fmt: skip
    deliver(clean, "kostra", "2017-02-01", {
        "11b-2016.dat": [form_line(ident=ident) for ident in people],
    })  # fmt: skip
    deliver(clean, "status", "2018-12-20", {"signaler.csv": [
        {"ident": ident, "signal": "aap", "fra_dato": "2018-01-01"} for ident in people
    ]})  # fmt: skip
    return clean


def test_dirt_passes_reception_and_is_the_same_for_a_seed(tmp_path: Path) -> None:
    clean = messy(tmp_path)
    for name in ("one", "two"):
        dirty(clean, tmp_path / name, seed=7)
    contents = [
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (tmp_path / "one", tmp_path / "two")
    ]
    assert contents[0] == contents[1]
    extracts = read(tmp_path / "one")
    assert extracts.rejected == {}
    kept = Counter(
        {
            dataset: len([row for row in rows if "delivered" not in row])
            for dataset, rows in extracts.rows.items()
        }
    )
    set_aside = Counter(row.dataset for row in extracts.quarantined)
    for (source, _, file_name), count in extracts.received.items():
        dataset = file_name.split(".")[0]
        if source not in ("aordningen", "kostra"):  # several deliveries of these are read
            assert kept[dataset] + set_aside[dataset] == count
    assert {row.reason for row in extracts.quarantined} == {
        "duplicate_row", "missing_required", "unparseable_value", "end_before_start",
        "invalid_ident", "superseded_key", "orphan",
    }  # fmt: skip
    facts = all_facts(extracts)
    assert all(facts[name] for name in FACTS)


def test_compare_finds_a_difference_and_shows_no_number(tmp_path: Path) -> None:
    """A warehouse made of the oracle's own rows agrees; a changed value is told."""
    root = tmp_path / "extracts"
    dirty(messy(tmp_path), root, seed=1)
    extracts = read(root)
    facts = all_facts(extracts)
    warehouse = tmp_path / "warehouse.duckdb"

    def stored(value: Any) -> Any:
        if isinstance(value, Fraction):
            return float(value)
        return "NULL" if value is None else value

    def pseudonym(ident: str) -> str:
        return "p" + hashlib.sha256(ident.encode()).hexdigest()[:9]

    with duckdb.connect(str(warehouse)) as connection:
        for name, table in TABLES.items():
            columns = (*table.key, *table.columns)
            kinds = {
                column: next(
                    (
                        {"date": "date", "bool": "boolean", "int": "integer"}.get(
                            type(row[column]).__name__, "varchar"
                        )
                        for row in facts[name]
                        if row[column] is not None
                    ),
                    "varchar",
                )
                for column in columns
            }
            kinds |= {
                column: "decimal(30, 12)" if "planned" in column or column == "amount" else "double"
                for column in columns
                if "hours" in column or column == "amount"
            }
            names = ", ".join(f"{column} {kind}" for column, kind in kinds.items())
            connection.execute(f"create table {name} ({names})")
            written = tmp_path / f"{name}.csv"
            with written.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, columns, extrasaction="ignore", restval="")
                for row in facts[name]:
                    shown = {column: stored(value) for column, value in row.items()}
                    if "person_key" in row:
                        shown["person_key"] = pseudonym(row["person_key"])
                    writer.writerow(shown)
            connection.execute(f"copy {name} from '{written}' (header false, nullstr 'NULL')")
        connection.execute(
            "create table quarantine (dataset varchar, reason varchar, delivered date, "
            "file_name varchar, line_number integer, row_content varchar)"
        )
        for set_aside in extracts.quarantined:
            connection.execute(
                "insert into quarantine values (?, ?, ?, ?, ?, 'x')",
                [set_aside.dataset, set_aside.reason, set_aside.delivered, set_aside.file_name,
                 set_aside.line_number],
            )  # fmt: skip
    assert compare(root, warehouse, None, pseudonym) == []

    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update fct_participation set programme_days = programme_days + 1")
        connection.execute("delete from fct_benefit_months")
        connection.execute("drop table fct_terminations")
        secret = next(row.idents[0] for row in extracts.quarantined if row.idents)
        connection.execute("update quarantine set row_content = ?", [f"x {secret} y"])
    found = compare(root, warehouse, None, pseudonym)
    text = "\n".join(found)
    assert "programme_days is" in text
    assert "fct_benefit_months: missing in the warehouse" in text
    assert "fct_terminations" in text
    assert "an identity number stands in row_content" in text
    assert len([line for line in found if line.startswith("fct_participation:")]) == 11
    for row in extracts.rows["personer"]:
        assert row["ident"] not in text
