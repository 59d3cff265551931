"""Dates that only stand where none is known: read as none, and told when they are received."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import KEY, rows
from deliveries import benefit, deliver, ident, income

from introstat.codelists import seed_rows
from introstat.contract import sources
from introstat.identity.pseudonyms import Pseudonymiser
from introstat.receipt.receive import receive

ANNE, BAKO, CIRO, DARA = (ident(number) for number in range(1, 5))


def form(number: str, start: str, end: str, status: str = "06") -> str:
    return (
        f"030116{'':4}{'1':>8}{number:11}{'':12}11{start}2{'01' + '00' * 10}{status}{end}"
        f"{'00' * 11}120150000"
    )


@pytest.fixture(scope="module")
def extracts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    extracts = tmp_path_factory.mktemp("placeholders") / "extracts"
    person = "{};;2;{};SY;SY;flyktning;{};{};;0;0301;{};{};0;{}"
    deliver(extracts, "nir", "2018-01-21", {
        "personer.csv": [
            person.format(ANNE, "1990-01-01", "1900-01-01", "9999-12-31", "1970-01-01",
                          "1753-01-01", "2015-02-01"),
            person.format(BAKO, "1970-01-01", "2015-01-01", "0000-00-00", "",
                          "9999-12-31", "2015-02-01"),
            person.format(CIRO, "1900-01-01", "", "", "", "2017-05-01", "2015-02-01")
            .replace(";;0;0301;", ";;6;0301;"),
            person.format(DARA, "1990-01-01", "", "", "", "", "0001-01-01"),
        ],
        "kategorier.csv": [f"K1;{ANNE};rett_intro;0301;2015-02-01; 9999-12-31 ;2015-02-01"],
        "vedtak.csv": [f"V1;{ANNE};0301;tildeling;2015-02-01;1900-01-01;2999-12-31;;2015-02-01"],
        "deltakelser.csv": [
            f"open;{ANNE};0301;V1;2016-01-04;9999-12-31;;;1900-01-01;;1900-01-01;2016-01-05",
            f"no_end;{BAKO};0301;;2016-01-04;1900-01-01;;;;;;2016-01-05",
            f"no_start;{BAKO};0301;;1900-01-01;2016-12-30;;;;;;2016-01-05",
            f"never;{BAKO};0301;;9999-12-31;;;;;;;2016-01-05",
            f"unread;{BAKO};0301;;1899-05-05;;;;;;;2016-01-05",
        ],
        "tiltak.csv": [
            "M1;open;norsk;2016-01-04;9999-12-31;20;1900-01-01",
            "M2;open;norsk;0001-01-01;;20;2016-01-05",
        ],
        "fravaer.csv": ["F1;open;gyldig;2016-01-04;9999-12-31;7;2016-01-05"],
        "permisjoner.csv": ["L1;open;annet;2017-12-01;9999-12-31;2017-12-01"],
    })  # fmt: skip
    deliver(extracts, "folkeregister", "2018-01-21", {
        "identer.csv": [f"{ident(9)};{DARA};0001-01-01"],
        "bosatt.csv": [f"B1;{ANNE};0301;1900-01-01;9999-12-31", f"B2;{BAKO};0301;9999-12-31;"],
    })  # fmt: skip
    deliver(extracts, "status", "2018-01-21", {
        "signaler.csv": [f"S1;{ANNE};aap;2017-01-01;9999-12-31;"],
    })  # fmt: skip
    deliver(extracts, "aordningen", "2018-02-10", {
        "virksomheter.csv": [
            "974778807;0301;0001-01-01;9999-12-31", "974778808;0301;1900-01-01;",
        ],
        "inntekt-2017-03.jsonl": [
            income(ANNE, "2017-03", benefit(9000)), income(ANNE, "1900-01", benefit(1)),
            income(ANNE, "9999-12", benefit(2)),
        ],
    })  # fmt: skip
    deliver(extracts, "kostra", "2017-02-20", {
        "11b-2016.dat": [
            form(ANNE, "040116", "999999"), form(BAKO, "010100", "311216", "01"),
            form(CIRO, "040116", "311299"), form(DARA, "000000", "000000"),
        ],
    })  # fmt: skip
    return extracts


@pytest.fixture(scope="module")
def warehouse(extracts: Path, build: Callable[..., Path]) -> Path:
    return build(extracts, "stg_*", "quarantine", "dq_conservation", "fct_participation",
                 "dim_person", "fct_benefit_months", "dq_municipality_codes")  # fmt: skip


def test_a_placeholder_is_no_date_and_a_row_that_needs_one_is_set_aside(warehouse: Path) -> None:
    found = rows(warehouse, "select dataset, line_number, reason from quarantine order by all")
    assert found == [
        ("bosatt", 3, "missing_required"),
        ("deltakelser", 4, "missing_required"),
        ("deltakelser", 5, "missing_required"),
        ("deltakelser", 6, "unparseable_value"),
        ("fravaer", 2, "missing_required"),
        ("inntekt-2017-03", 2, "missing_required"),
        ("inntekt-2017-03", 3, "missing_required"),
        ("tiltak", 3, "missing_required"),
    ]
    assert (
        rows(
            warehouse,
            "select * from dq_conservation where received_rows <> staged_rows + quarantined_rows",
        )
        == []
    )


def test_an_end_that_is_a_placeholder_is_open(warehouse: Path) -> None:
    assert rows(
        warehouse,
        "select participation_id, start_date::varchar, end_date, is_ongoing, termination_reason, "
        "programme_days > 0, leave_days from fct_participation order by all",
    ) == [
        ("no_end", "2016-01-04", None, True, None, True, 0),
        ("open", "2016-01-04", None, True, None, True, 36),
    ]
    for table in ("kategorier", "vedtak", "tiltak", "permisjoner"):
        assert rows(warehouse, f"select to_date from stg_nir__{table}") == [(None,)], table
    assert rows(warehouse, "select to_date from stg_status__signaler") == [(None,)]
    assert rows(
        warehouse,
        "select termination_registered_date, integration_contract_date from stg_nir__deltakelser "
        "where participation_id = 'open'",
    ) == [(None, None)]


def test_a_person_born_on_the_first_day_of_1970_is_one(warehouse: Path) -> None:
    assert rows(
        warehouse,
        "select birth_date::varchar, permit_date::varchar, arrival_date, settled_date, "
        "death_date::varchar from dim_person order by birth_date nulls last",
    ) == [
        ("1970-01-01", "2015-01-01", None, None, None),
        ("1990-01-01",) + (None,) * 4,
        ("1990-01-01",) + (None,) * 4,
        (None, None, None, None, "2017-05-01"),
    ]


def test_a_person_whose_birth_is_not_known_stays_protected_and_dead(warehouse: Path) -> None:
    assert rows(
        warehouse,
        "select birth_date, death_date::varchar, is_address_protected from dim_person "
        "where birth_date is null",
    ) == [(None, "2017-05-01", True)]


def test_a_code_is_not_wrong_for_want_of_a_date(warehouse: Path) -> None:
    assert rows(
        warehouse,
        "select is_applicable, is_finding, count(*) from dq_municipality_codes "
        "where unit_type = 'personer' group by all order by all",
    ) == [(False, False, 1), (True, False, 3)]


def test_a_register_without_dates_of_registration_is_read(warehouse: Path) -> None:
    assert rows(
        warehouse,
        "select count(*), count(registered_date) from stg_nir__personer union all "
        "select count(*), count(registered_date) from stg_nir__tiltak order by all",
    ) == [(1, 0), (4, 3)]


def test_what_holds_since_always_begins_on_the_earliest_date(warehouse: Path) -> None:
    starts = {
        "stg_aordningen__virksomheter": "valid_from",
        "stg_folkeregister__bosatt": "from_date",
        "stg_folkeregister__identer": "from_date",
    }
    for table, column in starts.items():
        assert {row[0] for row in rows(warehouse, f"select {column}::varchar from {table}")} == {
            "1900-01-01"
        }, table
    assert rows(warehouse, "select municipality_code, amount::integer from fct_benefit_months") == [
        ("0301", 9000)
    ]


def test_the_form_has_placeholders_of_two_digits_for_the_year(warehouse: Path) -> None:
    assert rows(
        warehouse,
        "select line_number, start_date::varchar, end_date::varchar from stg_kostra__11b "
        "order by line_number",
    ) == [
        (1, "2016-01-04", None), (2, None, "2016-12-31"), (3, "2016-01-04", None), (4, None, None),
    ]  # fmt: skip


def test_each_column_with_placeholders_is_told_with_count_and_first_line(
    extracts: Path, tmp_path: Path
) -> None:
    outcome = receive(extracts, tmp_path / "received", Pseudonymiser(KEY))
    told = {
        remark.partition(": placeholder dates, read as no date: ")[::2]
        for remark in outcome.remarks
        if "placeholder dates" in remark
    }
    assert told == {
        ("nir/2018-01-21/personer.csv", "fodselsdato (1, the first in line 4)"),
        ("nir/2018-01-21/personer.csv", "opphold_dato (1, the first in line 2)"),
        ("nir/2018-01-21/personer.csv", "ankomst_dato (2, the first in line 2)"),
        ("nir/2018-01-21/personer.csv", "bosatt_dato (1, the first in line 2)"),
        ("nir/2018-01-21/personer.csv", "dod_dato (2, the first in line 2)"),
        ("nir/2018-01-21/personer.csv", "registrert_dato (1, the first in line 5)"),
        ("nir/2018-01-21/kategorier.csv", "til_dato (1, the first in line 2)"),
        ("nir/2018-01-21/vedtak.csv", "fra_dato (1, the first in line 2)"),
        ("nir/2018-01-21/vedtak.csv", "til_dato (1, the first in line 2)"),
        ("nir/2018-01-21/deltakelser.csv", "start_dato (2, the first in line 4)"),
        ("nir/2018-01-21/deltakelser.csv", "slutt_dato (2, the first in line 2)"),
        ("nir/2018-01-21/deltakelser.csv", "avslutning_registrert_dato (1, the first in line 2)"),
        ("nir/2018-01-21/deltakelser.csv", "integreringskontrakt_dato (1, the first in line 2)"),
        ("nir/2018-01-21/tiltak.csv", "fra_dato (1, the first in line 3)"),
        ("nir/2018-01-21/tiltak.csv", "registrert_dato (1, the first in line 2)"),
        ("nir/2018-01-21/tiltak.csv", "til_dato (1, the first in line 2)"),
        ("nir/2018-01-21/fravaer.csv", "til_dato (1, the first in line 2)"),
        ("nir/2018-01-21/permisjoner.csv", "til_dato (1, the first in line 2)"),
        ("folkeregister/2018-01-21/identer.csv", "fra_dato (1, the first in line 2)"),
        ("folkeregister/2018-01-21/bosatt.csv", "fra_dato (1, the first in line 3)"),
        ("folkeregister/2018-01-21/bosatt.csv", "til_dato (1, the first in line 2)"),
        ("status/2018-01-21/signaler.csv", "til_dato (1, the first in line 2)"),
        ("aordningen/2018-02-10/virksomheter.csv", "gyldig_fra (1, the first in line 2)"),
        ("aordningen/2018-02-10/virksomheter.csv", "gyldig_til (1, the first in line 2)"),
        ("aordningen/2018-02-10/inntekt-2017-03.jsonl", "kalendermaaned (2, the first in line 2)"),
        ("kostra/2017-02-20/11b-2016.dat", "startdato (1, the first in line 2)"),
        ("kostra/2017-02-20/11b-2016.dat", "avslutningsdato (2, the first in line 1)"),
    }
    page = tmp_path / "received/nir/2018-01-21/mottakskontroll/sammendrag.html"
    shown = " ".join(page.read_text(encoding="utf-8").split())
    assert "lest som ingen dato: dod_dato (2, den første i linje 2)" in shown


def test_every_kind_of_date_of_the_contract_has_its_placeholders() -> None:
    kinds = {
        (column.data_type, column.dated)
        for source in sources().values()
        for table in source.tables
        for column in table.columns
        if column.dated
    }
    for data_type, dated in kinds:
        meanings = {
            row[f"as_{dated}"]
            for row in seed_rows("placeholder_dates")
            if row["data_type"] == data_type
        }
        assert meanings & {"missing", "open"}, (data_type, dated)


def test_a_placeholder_is_one_however_the_column_writes_dates() -> None:
    by_type: dict[str, set[str]] = {"date": set(), "ddmmyy": set(), "month": set()}
    for row in seed_rows("placeholder_dates"):
        by_type[row["data_type"]].add(row["placeholder"])
    days = {day for day in by_type["date"] if day[0].isdigit()}
    assert {day[:7] for day in days} <= by_type["month"]
    short = {day[8:10] + day[5:7] + day[2:4] for day in days}
    # Somebody ended on the last day of 2012; the form's zeros are blank.
    assert short - by_type["ddmmyy"] == {"311212", "000000"}


def test_a_migrated_register_is_not_refused_for_its_dates_of_registration(
    tmp_path: Path,
) -> None:
    persons = [f"{ident(n)};;2;1900-01-01;SY;;;;;;0;;;;0;1900-01-01" for n in range(1, 61)]
    deliver(tmp_path / "extracts", "nir", "2018-01-21", {"personer.csv": persons})
    outcome = receive(tmp_path / "extracts", tmp_path / "received", Pseudonymiser(KEY))
    assert outcome.refused == []
    assert not [remark for remark in outcome.remarks if "required values" in remark]
