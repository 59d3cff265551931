"""The benchmark: no time counts unless the facts are the warehouse's, row by row."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT, the_project

from benchmarks import agreement, duckdb_facts, polars_facts
from benchmarks.agreement import compare
from benchmarks.duckdb_facts import WEEK_FACTS
from benchmarks.inputs import INPUTS, export_inputs
from benchmarks.measure import Measured, measured, median
from benchmarks.page import page
from introstat.errors import UserError

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
    assert not set(WEEK_FACTS) & set(INPUTS)


def test_polars_makes_the_warehouse_s_facts(generated_warehouse, inputs, tmp_path):
    seconds = polars_facts.facts(inputs, tmp_path)
    assert list(seconds) == list(WEEK_FACTS)
    assert compare(generated_warehouse, tmp_path, list(WEEK_FACTS)) == []


def test_polars_is_a_command_that_makes_one_fact(inputs, tmp_path):
    module = [sys.executable, "-m", "benchmarks.polars_facts"]
    shown = subprocess.run([*module, "--help"], cwd=ROOT, capture_output=True, text=True)
    assert shown.returncode == 0
    assert "Example: python -m benchmarks.polars_facts " in " ".join(shown.stdout.split())
    made = subprocess.run(
        [*module, inputs, tmp_path, "--only", "fct_measure_weeks"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr
    fact, seconds = made.stdout.split()
    assert fact == "fct_measure_weeks" and float(seconds) > 0
    assert [path.name for path in tmp_path.iterdir()] == ["fct_measure_weeks.parquet"]


def test_our_own_facts_alone_are_the_warehouse_s(generated_warehouse, inputs, tmp_path):
    with_models = shutil.copytree(inputs, tmp_path / "inputs")
    the_project().write(with_models)
    made = tmp_path / "facts"
    assert list(duckdb_facts.facts(with_models, made)) == list(WEEK_FACTS)
    assert compare(generated_warehouse, made, list(WEEK_FACTS)) == []
    assert sorted(made.iterdir()) == sorted(made / f"{fact}.parquet" for fact in WEEK_FACTS)


def test_several_runs_are_summed_up_by_their_median():
    runs = [Measured(seconds, 1.0, 10.0, "") for seconds in (3.0, 1.0, 2.0)]
    once = iter(runs)
    assert median(3, lambda: next(once)) == runs[2]
    assert median(2, lambda: None) is None


def test_a_command_is_measured_with_all_it_starts_and_ended_when_it_takes_too_long(tmp_path):
    busy = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    start = "import subprocess, sys; subprocess.run([sys.executable, '-c', {!r}]); print('done')"
    done = measured([sys.executable, "-c", start.format(busy)], {}, tmp_path)
    assert done is not None
    assert done.said == "done\n"
    assert done.processor_seconds > 0.3
    assert done.peak_megabytes > 5
    mark = tmp_path / "alive"
    slow = f"import time; time.sleep(1); open({str(mark)!r}, 'w')"
    assert measured([sys.executable, "-c", start.format(slow)], {}, tmp_path, 0.3) is None
    time.sleep(1.2)
    assert not mark.exists(), "what it had started lives on"
    with pytest.raises(UserError, match="ended with 3"):
        measured([sys.executable, "-c", "raise SystemExit(3)"], {}, tmp_path)


def test_the_page_has_ratios_and_says_what_has_not_ended_and_what_was_not_measured():
    took = {"seconds": 2.0, "processor_seconds": 3.5, "peak_megabytes": 1024.0}
    small = {"plain reading": took, "receive": took | {"seconds": 5.0}, "release 2017": None}
    large = {"receive": took | {"seconds": 50.0}}
    said = page({300: small, 25_000: large}, 600)
    assert "|  | 300 persons | 25 000 persons |" in said
    assert "| receive / DuckDB reading the same files into Parquet | 2.50 |  |" in said
    assert "| `receive` | 5.0 (3.5), 1024 MB | 50.0 (3.5), 1024 MB |" in said
    assert "| `release 2017` | not ended after 600 |  |" in said
