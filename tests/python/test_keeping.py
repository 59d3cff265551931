"""What has not changed is kept from the warehouse that stands; the result is a whole build's."""

import itertools
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT, rows, run


def differences(one: Path, other: Path) -> dict[str, tuple[int, int]]:
    """Rows that only one of two warehouses has, by table; a table that only one has is an error."""
    with duckdb.connect() as connection:
        for name, path in (("one", one), ("other", other)):
            connection.execute(f"attach '{path}' as {name} (read_only)")
        tables, others = (
            [table for (table,) in connection.execute(
                "select table_name from duckdb_tables() "
                f"where database_name = '{name}' and schema_name = 'main' order by 1"
            ).fetchall()]
            for name in ("one", "other")
        )  # fmt: skip
        assert tables == others
        assert len(tables) > 130
        found = {}
        for table in tables:
            here, there = f"from one.main.{table}", f"from other.main.{table}"
            counts = connection.execute(
                f"select (select count(*) from ({here} except all {there})), "
                f"(select count(*) from ({there} except all {here}))"
            ).fetchone()
            assert counts is not None
            if counts != (0, 0):
                found[table] = counts
    return found


@pytest.fixture(scope="module")
def days(generated_warehouse: Path) -> tuple[str, str]:
    """The days before and after the last delivery of income that no other delivery came with."""
    deliveries = rows(
        generated_warehouse, "select distinct delivered::varchar, source from stg_receipt__files"
    )
    by_day = sorted({day for day, _ in deliveries})
    alone = [
        (before, day)
        for before, day in itertools.pairwise(by_day)
        if [source for other, source in deliveries if other == day] == ["aordningen"]
    ]
    return alone[-2]


def built(done: subprocess.CompletedProcess[str]) -> tuple[set[str], set[str]]:
    """Models that a dbt command has made anew, and those it has kept."""
    assert done.returncode == 0, done.stdout
    plain = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
    outcomes = re.findall(r"OK created sql \w+ model main\.(\w+) \.* \[(\w+)", plain)
    anew = {name for name, said in outcomes if said == "OK"}
    kept = {name for name, said in outcomes if said == "KEPT"}
    assert len(anew | kept) == len(outcomes)
    return anew, kept


def test_a_month_of_income_and_all_that_comes_after_it_come_out_as_from_nothing(
    generated_extracts, generated_warehouse, build: Callable[..., Path], days, tmp_path
):
    before, after = days
    warehouse = tmp_path / "introstat.duckdb"
    received = generated_warehouse.with_suffix(".received")
    at_first = build(generated_extracts, "--as-of", before)
    shutil.copy(at_first, warehouse)

    def dbt_build(*options: str) -> tuple[set[str], set[str]]:
        return built(run(
            "dbt", "build", "--exclude-resource-type", "unit_test", *options,
            "--vars", f"{{as_of: '{after}'}}",
            "--target-path", tmp_path / "target", "--log-path", tmp_path,
            INTROSTAT_WAREHOUSE=str(warehouse), INTROSTAT_RECEIVED=str(received),
        ))  # fmt: skip

    # Nothing of the programme for a month of income; nothing at all for none.
    anew, kept = dbt_build()
    assert {"base_aordningen__inntekt", "fct_benefit_months", "dq_counts", "dim_vintage"} <= anew
    assert {
        "base_nir__tiltak", "fct_participation", "fct_participation_weeks", "fct_measure_weeks",
        "fct_terminations", "fct_kostra_reconciliation", "stat_participants", "int_time__periods",
        "fct_registration_share",
    } <= kept  # fmt: skip
    assert differences(warehouse, build(generated_extracts, "--as-of", after)) == {}
    assert differences(warehouse, at_first)["int_income__benefit_months"][0] > 0
    anew, kept = dbt_build()
    assert anew == set()
    assert len(kept) > 130
    assert dbt_build("--full-refresh", "--select", "dim_person") == ({"dim_person"}, set())

    # Deliveries of every register, several at a time; then back to the day of the beginning.
    place = ["build", "--extracts", generated_extracts, "--warehouse", warehouse]
    done = run(*place, "--received", received)
    assert done.returncode == 0, done.stderr
    assert differences(warehouse, generated_warehouse) == {}
    done = run(*place, "--received", received, "--as-of", before)
    assert done.returncode == 0, done.stderr
    assert differences(warehouse, at_first) == {}


def copy_of_project(folder: Path) -> Path:
    folder.mkdir()
    for name in ("models", "macros", "seeds", "tests/generic"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("dbt_project.yml", "profiles.yml", "selectors.yml"):
        shutil.copy(ROOT / name, folder)
    return folder


def dbt_of(
    project: Path, warehouse: Path, built_from: Path, *words: str
) -> subprocess.CompletedProcess[str]:
    """Run dbt of a copied project, on what the warehouse `built_from` was built from."""
    place = project.parent
    return run(
        "dbt", *words, "--project-dir", project, "--profiles-dir", project,
        "--target-path", place / "target", "--log-path", place,
        INTROSTAT_WAREHOUSE=str(warehouse),
        INTROSTAT_RECEIVED=str(built_from.with_suffix(".received")),
    )  # fmt: skip


def test_columns_that_are_not_as_described_leave_the_table_that_stands(
    generated_warehouse, tmp_path
):
    project = copy_of_project(tmp_path / "project")
    marts = project / "models" / "marts"
    for model, before, after in (
        ("dim_status", "statuses.priority", "statuses.priority::varchar as priority"),
        (
            "dim_measure_type",
            "types.label_nb,\n    types.label_en",
            "types.label_en, types.label_nb",
        ),
        ("dim_termination_reason", "groups.sort_order", "groups.sort_order, 1 as more"),
    ):
        file = marts / f"{model}.sql"
        text = file.read_text(encoding="utf-8")
        assert before in text
        file.write_text(text.replace(before, after, 1), encoding="utf-8")
    warehouse = shutil.copy(generated_warehouse, tmp_path)
    done = dbt_of(
        project, warehouse, generated_warehouse,
        "run", "--select", "dim_status", "dim_measure_type", "dim_termination_reason",
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
    assert "ERROR=3" in done.stdout
    assert re.search(r"\| priority +\| VARCHAR +\| INTEGER +\| data type mismatch", done.stdout)
    assert re.search(r"\| more +\| INTEGER +\| +\| missing in contract", done.stdout)
    assert "Its columns are described in another order" in done.stdout
    assert differences(warehouse, generated_warehouse) == {}


@pytest.mark.parametrize(
    ("views", "before_and_after", "kept"),
    [
        (
            ["staging/aordningen/stg_aordningen__inntekt"],
            ("lines.virksomhetid as unit_id", "'0' || lines.virksomhetid as unit_id"),
            ["int_income__benefits"],
        ),
        (
            ["marts/fct_benefit_months", "quality/fct_benefit_reconciliation"],
            ("months.amount", "cast(2 * months.amount as decimal(18, 2)) as amount"),
            ["stat_base_recipients", "rpt_benefit_reconciliation"],
        ),
    ],
)
def test_a_definition_that_changed_with_a_month_is_true_of_every_month(
    views, before_and_after, kept, generated_warehouse, days, tmp_path
):
    """What is kept in pieces is read through a view, which is the same for all pieces."""
    project = copy_of_project(tmp_path / "project")

    def rows_of(day: str, warehouse: Path) -> list[list[tuple]]:
        done = dbt_of(
            project, warehouse, generated_warehouse,
            "build", "--resource-type", "seed", "--resource-type", "model",
            "--select", *[f"+{name}" for name in kept], "--vars", f"{{as_of: '{day}'}}",
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        return [rows(warehouse, f"from {name} order by all") for name in kept]

    before, after = days
    (tmp_path / "anew").mkdir()
    upon, anew = tmp_path / "introstat.duckdb", tmp_path / "anew" / "introstat.duckdb"
    as_they_were = rows_of(before, upon)
    for view in views:
        file = project / "models" / f"{view}.sql"
        model = file.read_text(encoding="utf-8")
        assert before_and_after[0] in model
        file.write_text(model.replace(*before_and_after), encoding="utf-8")
    as_they_are = rows_of(after, upon)
    assert as_they_are == rows_of(after, anew)
    assert all(is_now != was for is_now, was in zip(as_they_are, as_they_were, strict=True))


def test_what_is_wrong_with_a_new_piece_is_found_by_a_test_that_looks_at_it_alone(
    generated_extracts, generated_warehouse, build: Callable[..., Path], days, tmp_path
):
    before, after = days
    warehouse = shutil.copy(build(generated_extracts, "--as-of", before), tmp_path)
    project = copy_of_project(tmp_path / "project")
    model = project / "models" / "statistics" / "base" / "stat_base_recipients.sql"
    text = model.read_text(encoding="utf-8")
    # A hook is no part of what a table is made from, nor is its config; a line more would be.
    hook = "insert into {{ this }} from {{ this }} order by period desc limit 1"
    model.write_text(f"{{{{ config(post_hook='{hook}') }}}}{text}", encoding="utf-8")
    done = dbt_of(
        project, warehouse, generated_warehouse,
        "build", "--exclude-resource-type", "unit_test", "--select", "+stat_base_recipients",
        "--vars", f"{{as_of: '{after}'}}",
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
    assert "ERROR=1 " in done.stdout
    assert re.search("FAIL 1 stat_base_recipients_is_one_row", done.stdout), done.stdout
    asked = (tmp_path / "dbt.log").read_text(encoding="utf-8")
    newest = re.escape('(select * from "main"."stat_base_recipients" where period in (')
    assert re.search(f"from {newest}.*\\) as pieces\n +group by", asked)


def test_what_the_project_does_not_make_is_dropped(
    generated_extracts, generated_warehouse, tmp_path
):
    """A table of an older version or of somebody's own hand is not carried along."""
    warehouse = tmp_path / "introstat.duckdb"
    shutil.copy(generated_warehouse, warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema own; create view own.mine as select 1 as one")
        connection.execute("create table fct_of_old as select 1 as one")
        connection.execute("create or replace table dim_status as select 1 as one")
        connection.execute("drop table measure_words")
        connection.execute("create table measure_words as select 1 as one")
    done = run(
        "build", "--extracts", generated_extracts, "--warehouse", warehouse,
        "--received", generated_warehouse.with_suffix(".received"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert differences(warehouse, generated_warehouse) == {}
    assert rows(warehouse, "select view_name from duckdb_views() where schema_name = 'own'") == []


def test_every_rule_is_told_of_by_its_family(generated_warehouse):
    """rule_families() says which rules a family asks: what pieces of dq_counts rest on it."""
    text = Path("macros/quality/rule_book.sql").read_text(encoding="utf-8")
    listed = text.split("{% macro rule_families() %}")[1].split("{% endmacro %}")[0]
    families = {
        family: set(re.findall(r"'([CK][0-9]{2})'", rules))
        for family, rules in re.findall(r"'(dq_\w+)': \[(.*?)\]", listed, flags=re.DOTALL)
    }
    assert len(families) > 15
    for family, rules in families.items():
        asked = {
            rule for (rule,) in rows(generated_warehouse, f"select distinct rule_id from {family}")
        }
        assert asked <= rules, family
    everything = [rule for rules in families.values() for rule in rules]
    assert len(everything) == len(set(everything))
    assert set(everything) == {
        rule for (rule,) in rows(generated_warehouse, "select rule_id from completeness_rules")
    }
