"""From delivery to staging: each reason for quarantine, and nothing lost."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import rows
from deliveries import benefit, deliver, ident, income, wage

ANNE, BAKO, CIRO = ident(1), ident(2), ident(3)
WRONG = ident(4)[:-1] + str((int(ident(4)[-1]) + 1) % 10)


def form(number: str, duf: str = " " * 12, start: str = "010216", end: str = "000000") -> str:
    """Return a line of form 11b."""
    line = (
        f"030116{'':4}{'1':>8}{number:11}{duf:12}11{start}2{'01' + '00' * 10}06{end}"
        f"{'00' * 12}0150000"
    )
    assert len(line) == 111
    return line


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory, build: Callable[..., Path]) -> Path:
    extracts = tmp_path_factory.mktemp("faults") / "extracts"
    deliver(
        extracts,
        "nir",
        "2018-01-21",
        {
            "deltakelser.csv": [
                f"D1;{ANNE};0301;;2015-04-01;;;;;;;2015-04-02",
                f"D2;{BAKO};0301;;2015-04-01;2015-13-01;;;;;;2015-04-02",
            ],
            "tiltak.csv": [
                "ok;D1;norsk;2017-01-01;;20,5;2017-01-01",
                "ok;D1;norsk;2017-01-01;;20,5;2017-01-01",
                "blanks; D1 ;norsk; 2017-01-01;;37.5 ;2017-01-01",
                "missing;D1;  ;x;;;2017-01-01",
                "unreadable;D9;norsk;2017-02-29;;;2017-01-01",
                "sign;D1;norsk;2017-01-01;;10.00,5;2017-01-01",
                "backwards;D9;norsk;2017-01-02;2017-01-01;;2017-01-01",
                "orphan;D2;norsk;2017-01-02;2017-01-02;;2017-01-01",
                "twice;D1;norsk;2017-01-02;;1;2017-03-01",
                "twice;D1;annet;2017-01-02;;2;2017-02-01",
                "twice;D9;annet;2017-01-02;;3;2017-04-01",
                "twice;D1;annet;2017-99-02;;4;2017-05-01",
                "same_day;D1;norsk;2017-01-02;;1;2017-03-01",
                "same_day;D1;annet;2017-01-02;;2;2017-03-01",
                ";D1;annet;2017-01-02;;2;2017-03-01",
                "long_ago;D1;annet;0017-01-02;;2;2017-03-01",
            ],
        },
    )
    deliver(
        extracts,
        "folkeregister",
        "2018-01-21",
        {
            "identer.csv": [
                f"{ANNE};{BAKO};2017-01-01",
                f"{WRONG};{BAKO};2017-01-01",
                f"{CIRO};{WRONG};2017-01-01",
                f"{CIRO};;2017-01-01",
            ]
        },
    )
    deliver(
        extracts,
        "aordningen",
        "2017-12-10",
        {
            "inntekt-2017-11.jsonl": [
                income(ANNE, "2017-11", wage(100)),
                income(ANNE, "2017-11", wage(100)),
                income(ANNE, "2017-11", {"loennsinntekt": {"beskrivelse": "timeloenn"}}),
                income(ANNE, "2017-11", benefit("mye")),
                income(ANNE, "2017-13", wage(100)),
                income(WRONG, "2017-11", wage(100)),
                '{"opplysningspliktigId": "1", "virksomhetId": "2", "kalendermaaned": "2017-11"}',
            ]
        },
    )
    deliver(
        extracts,
        "kostra",
        "2017-02-20",
        {
            "11b-2016.dat": [
                form(ANNE),
                form("", "201501234567", "290216"),
                form(""),
                form(ANNE, start="310216"),
                form(ANNE, end="310116"),
                form(WRONG),
                form(ANNE),
                form(ANNE)[:-1],
                form(BAKO)[:-1],
            ]
        },
    )
    return build(extracts, "quarantine", "dq_conservation", "stg_*")


def test_the_first_reason_that_fits_counts(warehouse):
    found = rows(
        warehouse,
        "select dataset, line_number, reason from quarantine order by dataset, line_number",
    )
    assert found == [
        ("11b-2016", 3, "missing_required"),
        ("11b-2016", 4, "unparseable_value"),
        ("11b-2016", 5, "end_before_start"),
        ("11b-2016", 6, "invalid_ident"),
        ("11b-2016", 7, "duplicate_row"),
        ("11b-2016", 8, "unparseable_value"),
        ("11b-2016", 9, "unparseable_value"),
        ("deltakelser", 3, "unparseable_value"),
        ("identer", 3, "invalid_ident"),
        ("identer", 4, "invalid_ident"),
        ("identer", 5, "missing_required"),
        ("inntekt-2017-11", 3, "missing_required"),
        ("inntekt-2017-11", 4, "unparseable_value"),
        ("inntekt-2017-11", 5, "unparseable_value"),
        ("inntekt-2017-11", 6, "invalid_ident"),
        ("inntekt-2017-11", 7, "missing_required"),
        ("tiltak", 3, "duplicate_row"),
        ("tiltak", 5, "missing_required"),
        ("tiltak", 6, "unparseable_value"),
        ("tiltak", 7, "unparseable_value"),
        ("tiltak", 8, "end_before_start"),
        ("tiltak", 9, "orphan"),
        ("tiltak", 11, "superseded_key"),
        ("tiltak", 12, "orphan"),
        ("tiltak", 13, "unparseable_value"),
        ("tiltak", 14, "superseded_key"),
        ("tiltak", 16, "missing_required"),
        ("tiltak", 17, "unparseable_value"),
    ]


def test_accepted_rows_are_typed(warehouse):
    assert rows(
        warehouse,
        "select measure_id, participation_id, from_date::varchar, hours_per_week::double "
        "from stg_nir__tiltak order by line_number",
    ) == [
        ("ok", "D1", "2017-01-01", 20.5),
        ("blanks", "D1", "2017-01-01", 37.5),
        ("twice", "D1", "2017-01-02", 1.0),
        ("same_day", "D1", "2017-01-02", 2.0),
    ]
    assert rows(
        warehouse,
        "select reporting_year, start_date::varchar, end_date, benefit_amount, is_current "
        "from stg_kostra__11b order by line_number",
    ) == [(2016, "2016-02-01", None, 150000, True), (2016, "2016-02-29", None, 150000, True)]


def test_a_quarantined_row_shows_what_came_without_its_number(warehouse):
    shown = rows(warehouse, "select row_content from quarantine")
    assert all(WRONG not in content for (content,) in shown)
    [(content,)] = rows(
        warehouse, "select row_content from quarantine where dataset = 'tiltak' and line_number = 7"
    )
    assert '"timer_per_uke":"10.00,5"' in content
    [(content,)] = rows(
        warehouse,
        "select row_content from quarantine where dataset = 'inntekt-2017-11' and line_number = 4",
    )
    assert '"beloep": "mye"' in content


def test_nothing_is_lost(warehouse):
    assert rows(
        warehouse,
        "select count(*), bool_and(received_rows = staged_rows + quarantined_rows), "
        "sum(received_rows) from dq_conservation",
    ) == [(11, True, 16 + 2 + 4 + 7 + 9)]
