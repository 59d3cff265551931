"""How single values are read, from the bytes of a delivery to the facts, and what is set aside.

A value that is there and cannot be read as the contract says makes its row unparseable; nothing of
a wrong kind counts as missing.
"""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from conftest import rows
from deliveries import HEADERS, benefit, deliver, ident, income
from test_receipt import receive_all
from test_receipt_shapes import form, parquet, replace

MONTH = "2017-03"


def line(number: int, *changes: tuple[str, Any], **fields: Any) -> dict[str, Any]:
    """Return an income line of 1 000 kroner to a person, with fields and inner fields changed."""
    found: dict[str, Any] = json.loads(income(ident(number), MONTH, benefit(1000)))
    for name, value in changes:
        found["inntekt"][0][name] = value
    return found | fields


def twice(number: int, name: str, value: str) -> str:
    """Return the text of a line in which a name stands twice."""
    return json.dumps(line(number)).replace(f'"{name}":', f'"{name}": {value}, "{name}":', 1)


PENSION, PERSON = "pensjonEllerTrygd", "inntektsmottaker"
WORD = {"beskrivelse": "introduksjonsstoenad"}
# The amount of benefit that a line gives, or why it is set aside.
INCOME: dict[str, tuple[Callable[[int], Any], int | str]] = {
    "true to the contract": (lambda n: line(n), 1000),
    "object is a text": (lambda n: line(n, (PENSION, WORD["beskrivelse"])), "unparseable_value"),
    "object in a list of one": (lambda n: line(n, (PENSION, [WORD])), 1000),
    "object in a list of two": (lambda n: line(n, (PENSION, [WORD, WORD])), "unparseable_value"),
    "object is an empty list": (lambda n: line(n, (PENSION, [])), "unparseable_value"),
    "object is a list of null": (lambda n: line(n, (PENSION, [None])), "unparseable_value"),
    "object is a number": (lambda n: line(n, (PENSION, 5)), "unparseable_value"),
    "object is true": (lambda n: line(n, (PENSION, True)), "unparseable_value"),
    "word is a number": (lambda n: line(n, (PENSION, {"beskrivelse": 5})), "unparseable_value"),
    "word is a list": (
        lambda n: line(n, (PENSION, {"beskrivelse": ["a", "b"]})), "unparseable_value"),
    "word in a list of one": (
        lambda n: line(n, (PENSION, {"beskrivelse": [WORD["beskrivelse"]]})), 1000),
    "word is an object": (lambda n: line(n, (PENSION, {"beskrivelse": WORD})), "unparseable_value"),
    "wages are a text": (lambda n: line(n, ("loennsinntekt", "timeloenn")), "unparseable_value"),
    "amount is true": (lambda n: line(n, ("beloep", True)), "unparseable_value"),
    "amount is an object": (lambda n: line(n, ("beloep", {"nok": 1})), "unparseable_value"),
    "amount in a list of one": (lambda n: line(n, ("beloep", [1000])), 1000),
    "amounts in a list": (lambda n: line(n, ("beloep", [1, 2])), "unparseable_value"),
    "amount is null": (lambda n: line(n, ("beloep", None)), "missing_required"),
    "amount is no number": (lambda n: line(n, ("beloep", float("nan"))), "unparseable_value"),
    "a field that no figure reads": (lambda n: line(n, ("fordel", {})), "unparseable_value"),
    "a flag is a list": (
        lambda n: line(n, ("utloeserArbeidsgiveravgift", [1, 2])), "unparseable_value"),
    "a flag is a word": (lambda n: line(n, ("utloeserArbeidsgiveravgift", "false")), 1000),
    "a flag is one letter": (lambda n: line(n, ("utloeserArbeidsgiveravgift", "J")), 1000),
    "a flag is written large": (lambda n: line(n, ("utloeserArbeidsgiveravgift", "TRUE ")), 1000),
    "a flag is empty": (lambda n: line(n, ("inngaarIGrunnlagForTrekk", "")), 1000),
    "a flag is blank": (lambda n: line(n, ("inngaarIGrunnlagForTrekk", " ")), 1000),
    "a flag is no flag": (
        lambda n: line(n, ("utloeserArbeidsgiveravgift", "kanskje")), "unparseable_value"),
    "wages are empty": (lambda n: line(n, ("loennsinntekt", "")), 1000),
    "benefit written large": (
        lambda n: line(n, (PENSION, {"beskrivelse": " Introduksjonsstoenad"})), 1000),
    "income is empty": (lambda n: line(n, inntekt=""), "missing_required"),
    "person is empty": (lambda n: line(n, **{PERSON: ""}), "missing_required"),
    "income is one object": (lambda n: line(n, inntekt=benefit(1000)), 1000),
    "income is a text": (lambda n: line(n, inntekt="1000"), "unparseable_value"),
    "income is a number": (lambda n: line(n, inntekt=1000), "unparseable_value"),
    "income holds a text": (lambda n: line(n, inntekt=[benefit(1), "x"]), "unparseable_value"),
    "income holds a list of one": (lambda n: line(n, inntekt=[[benefit(1000)]]), 1000),
    "income holds null": (lambda n: line(n, inntekt=[benefit(1), None]), "missing_required"),
    "income is missing": (lambda n: line(n, inntekt=None), "missing_required"),
    "person is a text": (lambda n: line(n, **{PERSON: ident(n)}), "unparseable_value"),
    "person in a list of one": (
        lambda n: line(n, **{PERSON: [{"personidentifikator": ident(n)}]}), 1000),
    "two persons": (
        lambda n: line(n, **{PERSON: [{"personidentifikator": ident(n)}] * 2}),
        "unparseable_value"),
    "number in a list of one": (
        lambda n: line(n, **{PERSON: {"personidentifikator": [ident(n)]}}), 1000),
    "number is an object": (
        lambda n: line(n, **{PERSON: {"personidentifikator": {"x": ident(n)}}}),
        "unparseable_value"),
    "number is a number": (
        lambda n: line(n, **{PERSON: {"personidentifikator": int(ident(n))}}), 1000),
    "person without a number": (lambda n: line(n, **{PERSON: {}}), "missing_required"),
    "month is a number": (lambda n: line(n, kalendermaaned=201703), "unparseable_value"),
    "month is an object": (lambda n: line(n, kalendermaaned={"m": MONTH}), "unparseable_value"),
    "unit is a number": (lambda n: line(n, virksomhetId=974778807), 1000),
    "unit is an object": (lambda n: line(n, virksomhetId={"nr": 974778807}), "unparseable_value"),
    "unit is true": (lambda n: line(n, virksomhetId=True), "unparseable_value"),
    "unit is missing": (lambda n: line(n, virksomhetId=None), "missing_required"),
    "a kind is wrong and something is missing": (
        lambda n: line(n, (PENSION, 5), virksomhetId=None), "missing_required"),
    "amount there twice": (lambda n: twice(n, "beloep", "5"), "unparseable_value"),
    "month there twice": (lambda n: twice(n, "kalendermaaned", '"2017-02"'), "unparseable_value"),
    "an unknown field there twice": (
        lambda n: json.dumps(line(n, merknad=1)).replace("{", '{"merknad": 2, ', 1), 1000),
    "unknown branches": (lambda n: line(n, (PENSION, WORD | {"mer": [{"x": None}]}), ny={}), 1000),
    "a moment in milliseconds beside": (lambda n: line(n, sendt=1_700_000_000_000), 1000),
    "a share with many decimals beside": (lambda n: line(n, andel=1 / 3), 1000),
    "line is an empty list": (lambda n: [], "unparseable_value"),
    "line is a number": (lambda n: 5, "unparseable_value"),
    "line is null": (lambda n: None, "unparseable_value"),
    "line is a text": (lambda n: "x", "unparseable_value"),
    "line is an empty object": (lambda n: {}, "missing_required"),
    "minus of the locale": (lambda n: line(n, ("beloep", "−2000")), -2000),
    "money in text": (lambda n: line(n, ("beloep", "kr 12 000,-")), 12000),
    "unit as it is printed": (lambda n: line(n, virksomhetId="NO 974 778 807 MVA"), 1000),
}  # fmt: skip
HOURS = {
    "37,5": 37.5, "−5": -5, "–5": -5, "5-": -5, "(5)": -5, "1\u00a0000,5": 1000.5,
    "1\u202f000": 1000, "1\u2009000": 1000, "1.000,25": 1000.25, "7,333": 7.333, "+3": 3,
    "NOK 30": 30,
    "10 00": None, "1.00,5": None, "--5": None, "−5-": None, "(5": None, "5 t": None, ",5": None,
}  # fmt: skip


@pytest.fixture(scope="module")
def extracts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    extracts = tmp_path_factory.mktemp("values") / "extracts"
    made = [make(number) for number, (make, _) in enumerate(INCOME.values(), start=1)]
    made += [line(number) for number in range(300, 320)]  # a file mostly wrong is refused
    lines = [each if isinstance(each, str) and "{" in each else json.dumps(each) for each in made]
    deliver(
        extracts,
        "aordningen",
        "2018-01-15",
        {
            f"inntekt-{MONTH}.jsonl": lines,
            "virksomheter.csv": [
                # The spell that began later counts, in whichever order the two stand.
                "974778807;1103;2016-01-01;",
                "Org.nr. 974 778 807;301;2010-01-01;",
            ],
        },
    )
    hours = [f"T{n};D1;norsk;2017-01-02;;{text};2017-01-02" for n, text in enumerate(HOURS)]
    nir = deliver(extracts, "nir", "2018-01-21", {"tiltak.csv": hours})
    columns = HEADERS["deltakelser.csv"].split(";")
    day = dt.date(2017, 1, 2)
    values: dict[str, pa.Array] = {
        "deltakelse_id": pa.array(["D1", "D2", "D3"]),
        "ident": pa.array([int(ident(n)) for n in (1, 28, 2)]),
        "kommunenr": pa.array([301.0, 1103.0, None]),
        "start_dato": pa.array([day, day, day]),
        "registrert_dato": pa.array(
            [dt.datetime(2017, 1, 2), dt.datetime(2017, 1, 3), dt.datetime(2017, 1, 2, 12)]
        ),
    }
    content = parquet({c: values.get(c, pa.nulls(3)) for c in columns})
    replace(nir, "deltakelser.csv", "deltakelser.parquet", content, 3)
    deliver(
        extracts,
        "folkeregister",
        "2018-01-22",
        {
            "identer.csv": [
                f"{ident(201)};{ident(1)};2017-06-01",
                f"{ident(201)};{ident(2)};2016-01-01",
                f"{ident(202)};{ident(2)};2016-01-01",
                f"{ident(202)};{ident(1)};2017-06-01",
                f"{ident(203)};{ident(2)};2016-01-01",
                f"{ident(203)};{ident(1)};2016-01-01",
            ],
            "bosatt.csv": [
                f"B1;{ident(1)};0301;2016-06-01;",
                f"B1;{ident(1)};1103;2016-01-01;",
            ],
        },
    )
    deliver(
        extracts,
        "status",
        "2018-01-22",
        {
            "signaler.csv": [
                f"S1;{ident(1)};aap;2017-06-01;;",
                f"S1;{ident(1)};utdanning;2017-01-01;;",
            ]
        },
    )
    kostra = [
        form(ident(1)).replace("0301", "301 ", 1)[:104] + amount
        for amount in ("150 000", "−150000", "150.000")
    ]
    deliver(extracts, "kostra", "2017-02-20", {"11b-2016.dat": kostra})
    return extracts


@pytest.fixture(scope="module")
def warehouse(extracts: Path, build: Callable[..., Path]) -> Path:
    models = (
        "quarantine",
        "dq_conservation",
        "stg_*",
        "fct_benefit_months",
        "int_identity__idents",
    )
    return build(extracts, *models)


def test_income_is_read_or_set_aside_and_never_lost(warehouse, pseudonymiser):
    paid = dict(rows(warehouse, "select person_key, amount from fct_benefit_months"))
    reasons = dict(
        rows(warehouse, "select line_number, reason from quarantine where dataset like 'inntekt-%'")
    )
    for number, (name, (_, expected)) in enumerate(INCOME.items(), start=1):
        found = reasons.get(number) or paid.get(pseudonymiser.pseudonym(ident(number)))
        assert found == expected, name
    assert len(reasons) + len(paid) == len(INCOME) + 20


def test_nothing_is_lost(warehouse):
    assert rows(
        warehouse,
        "select bool_and(received_rows = staged_rows + quarantined_rows) from dq_conservation",
    ) == [(True,)]


def test_a_row_that_is_set_aside_is_shown_as_it_came(warehouse):
    number = list(INCOME).index("object is a text") + 1
    [(content,)] = rows(
        warehouse,
        "select row_content from quarantine "
        f"where dataset like 'inntekt-%' and line_number = {number}",
    )
    assert json.loads(content)["inntekt"][0][PENSION] == WORD["beskrivelse"]


def test_the_receipt_tells_how_many_lines_and_the_first(extracts, tmp_path):
    outcome = receive_all(extracts, tmp_path / "received")
    place = f"aordningen/2018-01-15/inntekt-{MONTH}.jsonl: "
    told = [r.removeprefix(place) for r in outcome.remarks if r.startswith(place)]
    wrong = [each for each in told if each.startswith("values that are not what the contract says")]
    assert wrong[0].startswith(
        "values that are not what the contract says, set aside: 33 lines, first line 2: "
        "inntekt.pensjonEllerTrygd is a text, expected an object; "
    )
    meant = [each for each in told if each.startswith("lists of one or single values read as")]
    assert meant[0].startswith(
        "lists of one or single values read as meant: 7 lines, first line 3: inntekt.pensjon"
    )


def test_hours_are_read_as_norwegians_write_them(warehouse):
    found = dict(rows(warehouse, "select measure_id, hours_per_week::double from stg_nir__tiltak"))
    unread = rows(warehouse, "select line_number from quarantine where dataset = 'tiltak'")
    for number, (text, expected) in enumerate(HOURS.items()):
        assert found.get(f"T{number}") == expected, text
        assert ((number + 2,) in unread) == (expected is None), text


def test_the_later_date_in_the_row_counts_and_not_the_later_line(warehouse, pseudonymiser):
    owners = dict(rows(warehouse, "select ident, person_key from int_identity__idents"))
    for number in (201, 202, 203):
        owner = owners[pseudonymiser.pseudonym(ident(number))]
        assert owner == pseudonymiser.pseudonym(ident(1)), number
    assert rows(
        warehouse,
        "select dataset, line_number from quarantine where reason = 'superseded_key' order by all",
    ) == [("bosatt", 3), ("identer", 3), ("identer", 4), ("identer", 6), ("signaler", 3)]
    assert rows(warehouse, "select distinct municipality_code from fct_benefit_months") == [
        ("1103",)
    ]


def test_a_code_that_has_lost_its_zero_is_read_with_it(warehouse):
    assert rows(
        warehouse, "select unit_id, municipality_code from stg_aordningen__virksomheter order by 2"
    ) == [("974778807", "0301"), ("974778807", "1103")]
    assert rows(
        warehouse, "select municipality_code, benefit_amount from stg_kostra__11b order by 2"
    ) == [("0301", -150000), ("0301", 150000)]
    assert rows(warehouse, "select line_number from quarantine where dataset = '11b-2016'") == [
        (3,)
    ]


def test_parquet_is_read_whatever_types_a_program_chose(warehouse, pseudonymiser):
    assert rows(
        warehouse,
        "select participation_id, ident, municipality_code, start_date::varchar, end_date, "
        "registered_date::varchar from stg_nir__deltakelser order by 1",
    ) == [
        ("D1", pseudonymiser.pseudonym(ident(1)), "0301", "2017-01-02", None, "2017-01-02"),
        ("D2", pseudonymiser.pseudonym(ident(28)), "1103", "2017-01-02", None, "2017-01-03"),
    ]
