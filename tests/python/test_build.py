"""Building: one command, beside and into place, any vintage, and what a user is told."""

import json
import re
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest
from conftest import content, rows, run
from deliveries import benefit, deliver, ident, income

from introstat.identity.numbers import is_valid_ident
from introstat.warehouse import freshness
from introstat.warehouse.opening import open_warehouse

ANNE, BAKO = ident(1), ident(2)


def person(number: str) -> str:
    return f"{number};;2;1990-01-01;SY;SY;flyktning;2015-01-01;;;0;0301;;;0;2015-02-01"


@pytest.fixture(scope="module")
def two_vintages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Extracts of two vintages: the participation of 2016 is still going on in the first."""
    extracts = tmp_path_factory.mktemp("two_vintages") / "extracts"
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


@pytest.fixture
def extracts(two_vintages: Path, tmp_path: Path) -> Path:
    """The two vintages, to add deliveries to."""
    return Path(shutil.copytree(two_vintages, tmp_path / "extracts"))


def test_any_earlier_day_rebuilds_what_was_known_then(extracts, build):
    chosen = ("dim_vintage", "fct_participation")
    newest, first = build(extracts, *chosen), build(extracts, *chosen, as_of="2017-02-15")
    known = "select as_of::varchar, observed_until::varchar from dim_vintage"
    assert rows(newest, known) == [("2018-01-21", "2018-01-21")]
    assert rows(first, known) == [("2017-02-15", "2017-01-21")]
    ended = "select end_date::varchar, is_ongoing, termination_reason from fct_participation"
    assert rows(newest, ended) == [("2016-12-30", False, "arbeid")]
    assert rows(first, ended) == [(None, True, None)]


def test_a_correction_that_drops_a_person_counts_from_its_delivery_on(
    extracts, build, pseudonymiser
):
    deliver(extracts, "nir", "2016-04-11")
    paid = "select person_key, amount::integer from fct_benefit_months order by amount"
    anne, bako = pseudonymiser.pseudonym(ANNE), pseudonymiser.pseudonym(BAKO)
    before = build(extracts, "fct_benefit_months", as_of="2016-06-09")
    assert sorted(rows(before, paid)) == sorted([(anne, 15000), (bako, 15000)])
    assert rows(build(extracts, "fct_benefit_months"), paid) == [(anne, 14000)]


@pytest.fixture(scope="module")
def built_once(two_vintages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a warehouse that the command has built of the two vintages."""
    folder = tmp_path_factory.mktemp("built")
    done = run("build", "--extracts", two_vintages, "--warehouse", folder / "introstat.duckdb")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def built(built_once: Path, tmp_path: Path) -> Path:
    """The warehouse of the two vintages, to spoil or build again."""
    shutil.copytree(built_once, tmp_path, dirs_exist_ok=True)
    return tmp_path / "introstat.duckdb"


def test_a_reader_is_not_disturbed_and_sees_the_old_file(extracts, build):
    warehouse = build(extracts, as_of="2017-02-15")
    query = "select count(*) from fct_participation where is_ongoing"
    with duckdb.connect(str(warehouse), read_only=True) as reader:
        done = run("build", "--extracts", extracts, "--warehouse", warehouse)
        assert done.returncode == 0, done.stderr
        assert reader.execute(query).fetchall() == [(1,)]
    assert rows(warehouse, query) == [(0,)]
    left = {path.name.removeprefix(".introstat.duckdb") for path in warehouse.parent.iterdir()}
    assert left == {"introstat.duckdb", "introstat.received", ".built", ".lock"}


def test_where_nothing_has_changed_the_file_stands_unless_a_whole_build_is_wanted(extracts, built):
    warehouse = built
    before, made, rows_before = warehouse.read_bytes(), warehouse.stat(), content(warehouse)
    arguments = ["build", "--extracts", extracts, "--warehouse", warehouse]
    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    assert f"{warehouse} stands: nothing has changed since it was built." in done.stderr
    assert "Built" not in done.stderr
    stands = warehouse.stat()
    assert (stands.st_mtime_ns, stands.st_ino) == (made.st_mtime_ns, made.st_ino)
    assert warehouse.read_bytes() == before

    done = run(*arguments, "--whole")
    assert done.returncode == 0, done.stderr
    assert f"Built {warehouse}" in done.stderr
    assert "built anew" not in done.stderr
    assert warehouse.stat().st_ino != made.st_ino
    assert content(warehouse) == rows_before


@pytest.mark.parametrize(
    ("change", "is_earlier_version", "why"),
    [
        (
            "create schema kept; create table kept.marks as select 1 as mark",
            True,
            "it was built by an earlier version of introstat, or was moved here",
        ),
        (
            "insert into dim_person from dim_person limit 100; "
            "update fct_terminations set is_work_or_education = not is_work_or_education",
            False,
            "the file has been changed since it was built",
        ),
    ],
)
def test_a_file_that_is_not_as_it_was_built_is_built_anew_and_one_line_says_why(
    extracts, built, change, is_earlier_version, why
):
    warehouse = built
    before = content(warehouse)
    with open_warehouse(warehouse, read_only=False) as connection:
        connection.execute(change)
    if is_earlier_version:
        warehouse.with_name(".introstat.duckdb.built").unlink()
    assert content(warehouse) != before
    done = run("build", "--extracts", extracts, "--warehouse", warehouse)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stderr.splitlines() if "built anew" in line]
    assert lines == [f"{warehouse} is built anew: {why}."]
    assert content(warehouse) == before


@pytest.fixture
def standing_warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that stands in place of a warehouse, a project and a received copy, each a few bytes.

    Nothing has changed in them yet.
    """
    project, received = tmp_path / "project", tmp_path / "w.received"
    for path, text in (
        (project / "dbt_project.yml", "name: small"),
        (project / "models" / "marts" / "a.sql", "select 1 as a"),
        (project / "seeds" / "laws.csv", "law"),
        (project / "tests" / "singular" / "a.sql", "select 1 as a"),
        (received / "nir" / "2018-01-21" / "receipt.json", "{}"),
        (tmp_path / "w.duckdb", "a warehouse"),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(freshness, "project_root", lambda: project)
    warehouse = tmp_path / "w.duckdb"
    freshness.record_built(warehouse, freshness.built_from(received, date(2018, 6, 1)))
    return warehouse


def why_anew(warehouse: Path, as_of: date | None = date(2018, 6, 1)) -> str | None:
    return freshness.why_rebuild(warehouse, warehouse.with_suffix(".received"), as_of)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("project/models/marts/a.sql", "models, macros or seeds"),
        ("project/models/marts/b.sql", "models, macros or seeds"),
        ("project/macros/a.sql", "models, macros or seeds"),
        ("project/seeds/laws.csv", "models, macros or seeds"),
        ("project/dbt_project.yml", "models, macros or seeds"),
        ("project/selectors.yml", "models, macros or seeds"),
        ("project/tests/singular/a.sql", "models, macros or seeds"),
        ("w.received/nir/2018-07-21/receipt.json", "other deliveries have been received"),
        ("w.received/nir/2018-01-21/receipt.json", "other deliveries have been received"),
        ("w.duckdb", "the file has been changed"),
        ("w.duckdb.wal", "the file has been changed"),
        (".w.duckdb.built", "built by an earlier version of introstat, or was moved here"),
        # What a build is not made from is no reason for one.
        ("project/tests/python/test_a.py", None),
        ("project/target/manifest.json", None),
        ("w.received/journal.jsonl", None),
    ],
)
def test_each_thing_that_a_warehouse_is_built_from_is_a_reason_to_build_it_anew(
    standing_warehouse, tmp_path, written, why
):
    assert why_anew(standing_warehouse) is None
    (tmp_path / written).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / written).write_text("[]")
    said = why_anew(standing_warehouse)
    assert why in said if why else said is None


def test_what_has_no_file_is_a_reason_to_build_anew_too(
    standing_warehouse, tmp_path, monkeypatch: pytest.MonkeyPatch
):
    settings = "it was built with other settings"
    assert why_anew(standing_warehouse, None) == settings
    assert why_anew(standing_warehouse, date(2018, 6, 2)) == settings
    with monkeypatch.context() as encrypted:
        encrypted.setenv("INTROSTAT_WAREHOUSE_KEY_FILE", str(tmp_path / "w.key"))
        assert why_anew(standing_warehouse) == settings
    with monkeypatch.context() as upgraded:
        upgraded.setattr(freshness, "version", lambda package: f"2.0 of {package}")
        said = why_anew(standing_warehouse)
        assert said is not None and said.endswith("or dbt and DuckDB have")
    (tmp_path / "project" / "seeds" / "laws.csv").unlink()
    said = why_anew(standing_warehouse)
    assert said is not None and said.startswith("models, macros or seeds")


def test_the_tests_of_a_build_that_fails_leave_the_old_file(extracts, built):
    warehouse = built
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


def test_a_refused_delivery_is_left_out_and_told_by_the_exit_code(extracts, tmp_path):
    broken = deliver(extracts, "nir", "2018-07-21", {"personer.csv": [person(ANNE)]})
    (broken / "tiltak.csv").write_text("changed")
    warehouse = tmp_path / "w.duckdb"
    done = run("build", "--extracts", extracts, "--warehouse", warehouse)
    assert done.returncode == 3, done.stderr
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


def test_no_identity_number_is_in_the_warehouse(generated_extracts, generated_warehouse):
    """A run of eleven digits that is a valid number is found nowhere but in the extracts."""

    def numbers(text: str) -> set[str]:
        return set(filter(is_valid_ident, re.findall(r"(?<![0-9])[0-9]{11}(?![0-9])", text)))

    [delivered, *_] = sorted(generated_extracts.glob("nir/*/personer.csv"))
    assert len(numbers(delivered.read_text())) > 200
    with open_warehouse(generated_warehouse) as connection:
        columns = connection.execute(
            "select table_name, column_name from information_schema.columns "
            "where data_type not in ('DATE', 'INTEGER', 'BOOLEAN')"
        ).fetchall()
        assert len(columns) > 500
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
        generated_warehouse, "select participants from stat_country_years where year = 2017"
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
    for name, written in (("text.duckdb", b"not a database"), ("empty.duckdb", b"")):
        (tmp_path / name).write_bytes(written)
        done = run("summary", "--warehouse", tmp_path / name)
        assert done.returncode == 2
        assert "not a warehouse that was built to the end" in done.stderr


def test_the_newest_list_of_units_counts_also_when_it_is_empty(extracts, build):
    deliver(extracts, "nir", "2016-04-11")
    unit = {"virksomheter.csv": ["974778807;0301;2010-01-01;"]}
    deliver(extracts, "aordningen", "2016-07-10", unit)
    paid = "select municipality_code from fct_benefit_months"
    assert rows(build(extracts, "fct_benefit_months"), paid) == [("0301",)]
    deliver(extracts, "aordningen", "2016-08-10", {"virksomheter.csv": []})
    assert rows(build(extracts, "fct_benefit_months"), paid) == [(None,)]


def test_a_warehouse_may_be_copied_under_another_name(generated_warehouse, tmp_path):
    """Views hold no name of the file they were built in, and need nothing of whoever opens it."""
    copy = shutil.copyfile(generated_warehouse, tmp_path / "kopi.duckdb")
    with duckdb.connect(str(copy), read_only=True) as connection:
        views = connection.execute(
            "select schema_name || '.' || view_name from duckdb_views() where not internal"
        ).fetchall()
        assert ("main.fct_participation_weeks",) in views
        for (view,) in views:
            assert connection.execute(f"select count(*) >= 0 from {view}").fetchall() == [(True,)]


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
