"""Building: one command, beside and into place, any vintage, and what a user is told."""

import json
import re
import shutil
from pathlib import Path

import duckdb
import pytest
from conftest import rows, run
from deliveries import benefit, deliver, ident, income

from introstat.identity.numbers import is_valid_ident

ANNE, BAKO = ident(1), ident(2)


def person(number: str) -> str:
    return f"{number};;2;1990-01-01;SY;SY;flyktning;2015-01-01;;;0;0301;;;0;2015-02-01"


@pytest.fixture
def extracts(tmp_path: Path) -> Path:
    """Two vintages: the participation of 2016 is still going on in the first."""
    extracts = tmp_path / "extracts"
    begun = f"D1;{ANNE};0301;;2016-02-01;"
    for delivered, end in (
        ("2017-01-21", ";;;"),
        ("2018-01-21", "2016-12-30;arbeid;kommune;2017-02-01"),
    ):
        deliver(
            extracts,
            "nir",
            delivered,
            {"personer.csv": [person(ANNE)], "deltakelser.csv": [f"{begun}{end};;;2016-02-02"]},
        )
    deliver(
        extracts, "aordningen", "2016-04-10",
        {"inntekt-2016-03.jsonl": [income(p, "2016-03", benefit(15000)) for p in (ANNE, BAKO)]},
    )  # fmt: skip
    deliver(
        extracts, "aordningen", "2016-06-10",
        {"inntekt-2016-03.jsonl": [income(ANNE, "2016-03", benefit(14000))]},
    )  # fmt: skip
    return extracts


def test_any_earlier_day_rebuilds_what_was_known_then(extracts, models):
    chosen = ("dim_vintage", "fct_participation")
    newest, first = models(extracts, *chosen), models(extracts, *chosen, as_of="2017-02-15")
    known = "select as_of::varchar, observed_until::varchar from dim_vintage"
    assert rows(newest, known) == [("2018-01-21", "2018-01-21")]
    assert rows(first, known) == [("2017-02-15", "2017-01-21")]
    ended = "select end_date::varchar, is_ongoing, termination_reason from fct_participation"
    assert rows(newest, ended) == [("2016-12-30", False, "arbeid")]
    assert rows(first, ended) == [(None, True, None)]


def test_a_correction_that_drops_a_person_counts_from_its_delivery_on(
    extracts, models, pseudonymiser
):
    deliver(extracts, "nir", "2016-04-11")
    paid = "select person_key, amount::integer from fct_benefit_months order by amount"
    anne, bako = pseudonymiser.pseudonym(ANNE), pseudonymiser.pseudonym(BAKO)
    before = models(extracts, "fct_benefit_months", as_of="2016-06-09")
    assert sorted(rows(before, paid)) == sorted([(anne, 15000), (bako, 15000)])
    assert rows(models(extracts, "fct_benefit_months"), paid) == [(anne, 14000)]


def test_a_reader_is_not_disturbed_and_sees_the_old_file(extracts, build):
    warehouse = build(extracts, "--as-of", "2017-02-15")
    query = "select count(*) from fct_participation where is_ongoing"
    with duckdb.connect(str(warehouse), read_only=True) as reader:
        done = run("build", "--extracts", extracts, "--warehouse", warehouse)
        assert done.returncode == 0, done.stderr
        assert reader.execute(query).fetchall() == [(1,)]
    assert rows(warehouse, query) == [(0,)]
    left = {path.name for path in warehouse.parent.iterdir()}
    assert left == {"introstat.duckdb", "introstat.received", ".introstat.duckdb.lock"}


def test_the_tests_of_a_build_that_fails_leave_the_old_file(extracts, build, tmp_path):
    warehouse = build(extracts)
    before = warehouse.read_bytes()
    receipt = next((warehouse.parent / "introstat.received").glob("nir/2018-01-21/receipt.json"))
    content = json.loads(receipt.read_text())
    content["files"][0]["received_rows"] += 1  # a row that the copy does not hold: lost
    receipt.write_text(json.dumps(content))
    done = run("build", "--extracts", extracts, "--warehouse", warehouse)
    assert done.returncode == 1
    assert "every_received_row_is_staged_or_quarantined" in done.stderr
    assert "what was there is untouched" in done.stderr
    assert warehouse.read_bytes() == before


def test_a_refused_delivery_is_left_out_and_told_by_the_exit_code(extracts, build):
    broken = deliver(extracts, "nir", "2018-07-21", {"personer.csv": [person(ANNE)]})
    (broken / "tiltak.csv").write_text("changed")
    warehouse = build(extracts, expect=3)
    assert rows(warehouse, "select nir_delivered::varchar from dim_vintage") == [("2018-01-21",)]


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--as-of", "2015-01-01"], 2, "the earliest is 2017-01-21"),
        (["--as-of", "in spring"], 2, "does not match the format"),
    ],
)
def test_a_day_before_the_first_delivery_is_told(extracts, tmp_path, options, code, message):
    warehouse = tmp_path / "w.duckdb"
    done = run("build", "--extracts", extracts, "--warehouse", warehouse, *options)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not warehouse.exists()


def test_plain_dbt_says_what_to_do_when_nothing_was_received(tmp_path):
    done = run(
        "dbt", "build", "--target-path", tmp_path / "target", "--log-path", tmp_path,
        INTROSTAT_WAREHOUSE=str(tmp_path / "w.duckdb"),
    )  # fmt: skip
    assert done.returncode != 0
    assert "Nothing has been received" in done.stdout
    assert "introstat receive EXTRACTS" in done.stdout


def test_plain_dbt_builds_the_same_warehouse_with_every_unit_test(
    generated_warehouse, tmp_path, pseudonymiser
):
    """`dbt build` after `introstat receive`: all models, data tests and unit tests."""
    warehouse = tmp_path / "introstat.duckdb"
    target = ["--target-path", tmp_path / "target", "--log-path", tmp_path]
    environment = {
        "INTROSTAT_WAREHOUSE": str(warehouse),
        "INTROSTAT_RECEIVED": str(generated_warehouse.with_suffix(".received")),
    }
    done = run("dbt", "build", *target, **environment)
    assert done.returncode == 0, done.stdout
    [(passed, failed, skipped)] = re.findall(r"PASS=(\d+) .* ERROR=(\d+) SKIP=(\d+)", done.stdout)
    assert int(passed) > 140
    assert (failed, skipped) == ("0", "0")
    tables = (
        "select table_name from information_schema.tables where table_schema = 'main' order by 1"
    )
    assert rows(warehouse, tables) == rows(generated_warehouse, tables)
    for (table,) in rows(warehouse, tables):
        content = f"select count(*), bit_xor(hash(t)) from {table} as t"
        assert rows(warehouse, content) == rows(generated_warehouse, content), table
    assert run("dbt", "docs", "generate", *target, **environment).returncode == 0
    assert (tmp_path / "target" / "catalog.json").is_file()
    assert (
        rows(warehouse, "select view_name from duckdb_views() where schema_name = 'received'") == []
    )


def test_no_identity_number_is_in_the_warehouse(generated_extracts, generated_warehouse):
    """A run of eleven digits that is a valid number is found nowhere but in the extracts."""

    def numbers(text: str) -> set[str]:
        return set(filter(is_valid_ident, re.findall(r"(?<![0-9])[0-9]{11}(?![0-9])", text)))

    [delivered, *_] = sorted(generated_extracts.glob("nir/*/personer.csv"))
    assert len(numbers(delivered.read_text())) > 200
    with duckdb.connect(str(generated_warehouse), read_only=True) as connection:
        columns = connection.execute(
            "select table_name, column_name from information_schema.columns "
            "where table_schema = 'main' and data_type not in ('DATE', 'INTEGER', 'BOOLEAN')"
        ).fetchall()
        assert len(columns) > 150
        for table, column in columns:
            found = connection.execute(
                f"select string_agg(text, ' ') "
                f'from (select "{column}"::varchar as text from {table}) '
                "where regexp_matches(text, '[0-9]{11}')"
            ).fetchall()
            assert numbers(found[0][0] or "") == set(), f"{table}.{column}"
    for path in generated_warehouse.with_suffix(".received").rglob("receipt.json"):
        assert numbers(path.read_text()) == set()


def test_summary_prints_the_main_figures_and_where_the_warehouse_lies(generated_warehouse):
    done = run("summary", "--warehouse", generated_warehouse)
    assert done.returncode == 0, done.stderr
    for expected in (
        "Participants",
        "Direct %",
        "Status %",
        "Quarantined",
        str(generated_warehouse),
    ):
        assert expected in done.stdout
    [(participants,)] = rows(
        generated_warehouse, "select participants from stat_headline where year = 2017"
    )
    assert re.search(rf"2017 +{participants} ", done.stdout)
    done = run("summary", "--warehouse", generated_warehouse.with_name("none.duckdb"))
    assert done.returncode == 2
    assert "There is no warehouse" in done.stderr


@pytest.mark.parametrize(
    ("name", "message"),
    [("main.duckdb", "cannot be named main.duckdb"), ("w[1].duckdb", "holds one of")],
)
def test_a_name_that_cannot_be_a_warehouse_is_told_at_once(extracts, tmp_path, name, message):
    done = run("build", "--extracts", extracts, "--warehouse", tmp_path / name)
    assert done.returncode == 2
    assert message in done.stderr
    assert list(tmp_path.iterdir()) == [extracts]


def test_summary_of_something_else_is_told(tmp_path):
    for name, content in (("text.duckdb", b"not a database"), ("empty.duckdb", b"")):
        (tmp_path / name).write_bytes(content)
        done = run("summary", "--warehouse", tmp_path / name)
        assert done.returncode == 2
        assert "not a warehouse that was built to the end" in done.stderr


def test_the_newest_list_of_units_counts_also_when_it_is_empty(extracts, models):
    deliver(extracts, "nir", "2016-04-11")
    unit = {"virksomheter.csv": ["974778807;0301;2010-01-01;"]}
    deliver(extracts, "aordningen", "2016-07-10", unit)
    paid = "select municipality_code from fct_benefit_months"
    assert rows(models(extracts, "fct_benefit_months"), paid) == [("0301",)]
    deliver(extracts, "aordningen", "2016-08-10", {"virksomheter.csv": []})
    assert rows(models(extracts, "fct_benefit_months"), paid) == [(None,)]


def test_a_warehouse_may_be_copied_under_another_name(generated_warehouse, tmp_path):
    """Views hold no name of the file they were built in."""
    copy = shutil.copyfile(generated_warehouse, tmp_path / "kopi.duckdb")
    views = rows(copy, "select view_name from duckdb_views() where not internal")
    assert len(views) == 37
    for (view,) in views:
        assert rows(copy, f"select count(*) >= 0 from {view}") == [(True,)]


def test_help_has_an_example_for_every_command():
    for command in ("synth", "receive", "build", "summary"):
        done = run(command, "--help")
        assert done.returncode == 0
        assert f"introstat {command}" in done.stdout.split("Example", 1)[1]


def test_a_path_may_hold_blanks_and_quotes_and_each_warehouse_has_its_received_copy(
    extracts, tmp_path
):
    place = tmp_path / "it's a place"
    for name in ("w.v1", "w.v2"):
        shutil.copytree(extracts / "nir", tmp_path / name / "nir")
        warehouse = place / f"{name}.duckdb"
        done = run("build", "--extracts", tmp_path / name, "--warehouse", warehouse)
        assert done.returncode == 0, done.stderr
        assert run("summary", "--warehouse", warehouse).returncode == 0
        assert (place / f"{name}.received" / "nir").is_dir()
