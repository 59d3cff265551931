"""The benchmark: no time counts unless the facts are the warehouse's, row by row."""

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT, the_project

from benchmarks import agreement, duckdb_facts
from benchmarks.agreement import FACTS, compare
from benchmarks.compiled import Model, read_once_as_views
from benchmarks.inputs import INPUTS, export_inputs
from benchmarks.measure import Measured, repeated
from benchmarks.peers import polars_facts
from benchmarks.table import page

FACT = "fct_participation"
# One row of it, with hours.
FIRST = f"participation_id = (select min(participation_id) from {FACT} where hours_per_week > 0)"


@pytest.fixture(scope="module")
def inputs(generated_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    export_inputs(generated_warehouse, folder)
    return folder


def found(warehouse: Path, folder: Path, query: str) -> list[str]:
    """What `compare` says of a fact that a peer has made in this way from the right one."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute(f"copy ({query}) to '{folder / FACT}.parquet' (format parquet)")
    return compare(warehouse, folder, [FACT])


def test_the_warehouse_agrees_with_itself_in_any_order_and_in_other_types(
    generated_warehouse, tmp_path
):
    assert found(generated_warehouse, tmp_path, f"from {FACT} order by random()") == []
    wider = (
        "programme_days::bigint as programme_days, planned_hours::decimal(38, 9) as planned_hours"
    )
    query = f"select * replace ({wider}) from {FACT}"
    assert found(generated_warehouse, tmp_path, query) == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (
            f"select * replace (programme_days + ({FIRST})::integer as programme_days) from {FACT}",
            "1 rows are lacking, 1 rows are not the warehouse's; "
            "they differ in programme_days alone",
        ),
        (
            f"from {FACT} where not ({FIRST})",
            "1 rows are lacking, 0 rows are not the warehouse's",
        ),
        (
            f"from {FACT} union all from {FACT} where {FIRST}",
            "0 rows are lacking, 1 rows are not the warehouse's",
        ),
        (f"select * exclude (end_date) from {FACT}", "column end_date is lacking"),
        (f"select *, 1 as one from {FACT}", "column one is not the warehouse's"),
        (
            "select * replace (hours_per_week * (1 + 1e-11 * ("
            f"{FIRST})::integer) as hours_per_week) from {FACT}",
            "column hours_per_week differs in 1 rows by more than 1e-12 of its value",
        ),
        (
            "select * replace (planned_hours + 0.00000001 * ("
            f"{FIRST})::integer as planned_hours) from {FACT}",
            "column planned_hours is DECIMAL(18,8); 1 of its values are no DECIMAL(18,7)",
        ),
    ],
)
def test_a_difference_is_found(generated_warehouse, tmp_path, query, said):
    assert f"{FACT}: {said}" in found(generated_warehouse, tmp_path, query)


def test_large_facts_are_compared_by_their_sums_first(generated_warehouse, tmp_path, monkeypatch):
    monkeypatch.setattr(agreement, "_ROWS_AT_ONCE", 1)
    monkeypatch.setattr(agreement, "_summed", None)  # row by row nothing can be compared
    assert found(generated_warehouse, tmp_path, f"from {FACT} order by random()") == []
    monkeypatch.undo()
    monkeypatch.setattr(agreement, "_ROWS_AT_ONCE", 500)
    # Two rows that have changed places in one column: every column's own sum is the same.
    swapped = (
        f"with two as (select participation_id, municipality_code from {FACT} "
        "qualify row_number() over (partition by municipality_code order by participation_id) = 1 "
        "order by all limit 2) "
        "select facts.* replace (coalesce(other.municipality_code, facts.municipality_code) "
        f"as municipality_code) from {FACT} as facts "
        "left join two on facts.participation_id = two.participation_id "
        "left join two as other on two.participation_id <> other.participation_id"
    )
    assert found(generated_warehouse, tmp_path, swapped) == [
        f"{FACT}: 2 rows are lacking, 2 rows are not the warehouse's; "
        "they differ in municipality_code alone"
    ]


def test_doubles_may_differ_in_their_last_digits(generated_warehouse, tmp_path):
    query = f"select * replace (hours_per_week * (1 + 1e-14) as hours_per_week) from {FACT}"
    assert found(generated_warehouse, tmp_path, query) == []


def test_a_fact_that_no_peer_made_is_a_difference(generated_warehouse, tmp_path):
    assert compare(generated_warehouse, tmp_path, [FACT]) == [f"{FACT}: there is no {FACT}.parquet"]


def test_inputs_are_all_there_and_the_facts_are_not(inputs):
    assert sorted(path.stem for path in inputs.iterdir()) == sorted(INPUTS)
    assert not set(FACTS) & set(INPUTS)


def test_polars_makes_the_warehouse_s_facts(generated_warehouse, inputs, tmp_path):
    seconds = polars_facts.facts(inputs, tmp_path)
    assert list(seconds) == list(FACTS)
    assert compare(generated_warehouse, tmp_path, list(FACTS)) == []


def test_polars_is_a_command_that_makes_one_fact(inputs, tmp_path):
    module = [sys.executable, "-m", "benchmarks.peers.polars_facts"]
    shown = subprocess.run([*module, "--help"], cwd=ROOT, capture_output=True, text=True)
    assert shown.returncode == 0
    assert "Example: python -m benchmarks.peers.polars_facts " in " ".join(shown.stdout.split())
    made = subprocess.run(
        [*module, inputs, tmp_path, "--only", "fct_terminations"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr
    fact, seconds = made.stdout.split()
    assert fact == "fct_terminations" and float(seconds) > 0
    assert [path.name for path in tmp_path.iterdir()] == ["fct_terminations.parquet"]


def test_only_what_is_read_in_several_places_is_a_table_for_a_fact_alone():
    def model(name: str, *parents: str, is_view: bool = False) -> Model:
        read = " union all ".join(f'from "introstat"."main"."{parent}"' for parent in parents)
        return Model(name, "main", f'"main"."{name}"', [], is_view, [], read)

    chosen = [
        model("spells", "input"),
        model("types", "input"),
        model("stretches", "spells", "spells", "types"),
        model("weeks", "stretches", "types"),
        model("fact", "weeks", is_view=True),
    ]
    laid_out = read_once_as_views(chosen)
    assert [each.name for each in laid_out] == [each.name for each in chosen]
    assert [each.name for each in laid_out if not each.is_view] == ["spells", "types"]


def test_our_own_facts_alone_are_the_warehouse_s(generated_warehouse, inputs, tmp_path):
    with_models = shutil.copytree(inputs, tmp_path / "inputs")
    the_project().write(with_models)
    made = tmp_path / "facts"
    assert list(duckdb_facts.facts(with_models, made)) == list(FACTS)
    assert compare(generated_warehouse, made, list(FACTS)) == []
    assert sorted(made.iterdir()) == sorted(made / f"{fact}.parquet" for fact in FACTS)


def test_several_runs_are_summed_up_by_their_median():
    runs = iter([Measured(3.0, 10.0, ""), Measured(1.0, 20.0, ""), Measured(2.0, 5.0, "")])
    summary, results = repeated(3, lambda: next(runs))
    assert (summary.runs, summary.seconds, summary.peak_megabytes) == (3, 2.0, 20.0)
    assert (summary.least_seconds, summary.most_seconds) == (1.0, 3.0)
    assert len(results) == 3


def test_the_page_says_what_was_not_measured():
    """Larger instances measure less."""
    step = {"runs": 1, "seconds": 2.0, "least_seconds": 2.0, "most_seconds": 2.0,
            "peak_megabytes": 1024.0}  # fmt: skip
    small = {"machine": {"processors": "2"}, "rows": {"measures": 5}, "bytes": {"extracts": 2**20},
             "plain_reading": step, "receive": step | {"seconds": 5.0}, "build": step}  # fmt: skip
    large = small | {"receive": step | {"seconds": 50.0}}
    said = page({"N1": small, "N10": large})
    assert "| receive / DuckDB reading the same files into Parquet | 2.50 | 25.00 |" in said
    assert (
        "| week facts in DuckDB / in polars, from Parquet to Parquet "
        "| not measured | not measured |" in said
    )
    assert "| most memory of a process in receipt and build, GB | 1.00 | 1.00 |" in said
    assert "Machine: processors 2." in said
    assert "| `introstat receive` | 1 | 50.00 | 2.00–2.00 | 1024 |" in said
