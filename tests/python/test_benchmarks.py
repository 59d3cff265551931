"""The benchmark's peers: no time counts unless their facts are the warehouse's, row by row."""

import json
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from conftest import ROOT

from benchmarks import __main__ as benchmark
from benchmarks import agreement, compiled, facts_kept, facts_written
from benchmarks.agreement import FACTS, compare
from benchmarks.compiled import Model, read_once_as_views
from benchmarks.growth import chart
from benchmarks.inputs import INPUTS, export_inputs
from benchmarks.instance import Instance
from benchmarks.measure import Measured, repeated
from benchmarks.peers import pandas_facts, polars_facts
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


@pytest.mark.parametrize("peer", [polars_facts, pandas_facts])
def test_a_peer_makes_the_warehouse_s_facts(generated_warehouse, inputs, tmp_path, peer):
    seconds = peer.facts(inputs, tmp_path)
    assert list(seconds) == list(FACTS)
    assert compare(generated_warehouse, tmp_path, list(FACTS)) == []


@pytest.mark.parametrize("peer", ["polars_facts", "pandas_facts"])
def test_a_peer_is_a_command_that_makes_what_it_is_asked_for(inputs, tmp_path, peer):
    module = [sys.executable, "-m", f"benchmarks.peers.{peer}"]
    shown = subprocess.run([*module, "--help"], cwd=ROOT, capture_output=True, text=True)
    assert shown.returncode == 0
    assert f"Example: python -m benchmarks.peers.{peer} " in " ".join(shown.stdout.split())
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


def test_only_what_is_read_in_several_places_is_kept_for_a_fact_alone():
    def model(name: str, *parents: str, is_view: bool = False) -> Model:
        read = " union all ".join(f'from "main"."{parent}"' for parent in parents)
        return Model(name, f'"main"."{name}"', [], is_view, read)

    chosen = [
        model("spells", "input"),
        model("types", "input"),
        model("stretches", "spells", "spells", "types"),
        model("weeks", "stretches", "types"),
        model("fact", "weeks", is_view=True),
    ]

    def tables(*kept: str) -> list[str]:
        laid_out = read_once_as_views(chosen, kept)
        assert [each.name for each in laid_out] == [each.name for each in chosen]
        return [each.name for each in laid_out if not each.is_view]

    assert tables() == ["spells", "types"]
    assert tables("weeks") == ["spells", "types", "weeks"]


def test_our_own_facts_alone_are_the_warehouse_s(generated_warehouse, inputs, tmp_path):
    received = generated_warehouse.with_suffix(".received")
    models = compiled.prepare(received, tmp_path / "introstat.duckdb", tmp_path / "target")
    with_models = shutil.copytree(inputs, tmp_path / "inputs")
    listing = with_models / compiled.COMPILED
    listing.write_text(json.dumps([asdict(model) for model in models]), encoding="utf-8")
    for own in (facts_kept, facts_written):
        made = tmp_path / own.__name__
        assert list(own.facts(with_models, made)) == list(FACTS)
        assert compare(generated_warehouse, made, list(FACTS)) == []
        files = sorted(path.name for path in made.iterdir())
        assert files == sorted(f"{fact}.parquet" for fact in FACTS)


def test_what_takes_long_is_measured_once():
    runs = iter([Measured(3.0, 3.0, 10.0, ""), Measured(1.0, 1.0, 20.0, ""),
                 Measured(2.0, 2.0, 5.0, "")])  # fmt: skip
    summary, results = repeated(3, lambda: next(runs), 4)
    assert (summary.runs, summary.seconds, summary.peak_megabytes) == (3, 2.0, 20.0)
    assert len(results) == 3
    summary, _ = repeated(3, lambda: Measured(4.0, 4.0, 10.0, ""), 4)
    assert (summary.runs, summary.least_seconds, summary.most_seconds) == (1, 4.0, 4.0)


def test_the_page_says_what_was_not_measured():
    """A run that failed has noted what it came to; larger instances measure less."""
    step = {"runs": 1, "seconds": 2.0, "least_seconds": 2.0, "most_seconds": 2.0,
            "peak_megabytes": 1024.0}  # fmt: skip
    small = {"machine": {"processors": 2.0}, "rows": {"measures": 5}, "bytes": {"extracts": 2**20},
             "plain_reading": step, "receive": step | {"seconds": 5.0}, "build": step}  # fmt: skip
    large = small | {"receive": step | {"seconds": 50.0}, "build": step | {"seconds": 21.0}}
    said = page({"N1": small, "N10": large})
    assert "| receive / DuckDB reading the same files into Parquet | ≤ 3 | 2.50 | 25.00 |" in said
    assert "with tests / the same for N1 | N10: ≤ 11 | 1.00 | 10.50 |" in said
    assert "| six facts in pandas / in DuckDB | ≥ 20 | not measured | not measured |" in said
    assert "| most memory of a process in receipt and build, GB | N10: ≤ 12 | 1.00 | 1.00 |" in said
    assert "Machine: processors 2." in said
    assert "the same for N1" not in page({"N10": large})


def test_a_new_n1_of_a_slower_day_leaves_what_the_others_were_to_theirs():
    def instance(seconds: float, rows: int) -> dict:
        step = {"runs": 1, "seconds": seconds, "least_seconds": seconds, "most_seconds": seconds,
                "peak_megabytes": 100.0}  # fmt: skip
        machine = {"disk_read_gb_per_second": 1.0, "disk_written_gb_per_second": 1.0}
        return {
            "machine": machine, "bytes": {"extracts": 2**30, "warehouse": 2**30},
            "rows": {"measures": rows, "absences": rows, "income_reports": rows},
            "plain_reading": step, "receive": step, "build": step,
        }  # fmt: skip

    beside = {"n1_seconds": {"receive": 100.0, "build": 100.0}}
    instances = {"N1": instance(200.0, 10), "N10": instance(900.0, 100) | beside}
    assert "`introstat receive` / the same for N1 |  | 1.00 | 9.00 |" in page(instances)
    drawn = chart(instances).to_dict()
    points = drawn["datasets"][drawn["hconcat"][0]["data"]["name"]]
    received = {
        point["instance"]: point["seconds"] for point in points if point["step"] == "receive"
    }
    assert received == {"N1": 200.0, "N10": 1800.0}


def test_an_n1_that_failed_before_it_was_built_costs_no_other_its_page(tmp_path, monkeypatch):
    step = {"runs": 1, "seconds": 2.0, "least_seconds": 2.0, "most_seconds": 2.0,
            "peak_megabytes": 100.0}  # fmt: skip
    disk = {"disk_read_gb_per_second": 1.0, "disk_written_gb_per_second": 1.0}
    failed = {"machine": disk, "plain_reading": step}
    whole = failed | {
        "bytes": {"extracts": 2**30, "warehouse": 2**30}, "receive": step, "build": step,
        "rows": {"measures": 5, "absences": 5, "income_reports": 5},
    }  # fmt: skip

    class Noted(Instance):
        def measure(self, peers, steps=()) -> None:
            self.note(whole)

    monkeypatch.setattr(benchmark, "Instance", Noted)
    (tmp_path / "N1.json").write_text(json.dumps(failed))
    places = ["--folder", str(tmp_path / "bench"), "--out", str(tmp_path)]

    def measure(scale: str) -> dict:
        done = CliRunner().invoke(
            benchmark.main, ["--scale", scale, "--step", "none", *places], catch_exceptions=False
        )
        assert done.exit_code == 0, done.output
        return json.loads((tmp_path / f"N{scale}.json").read_text())

    assert measure("10") == whole
    assert "## N10" in (tmp_path / "README.md").read_text(encoding="utf-8")
    assert measure("1") == whole
    assert measure("10") == whole | {"n1_seconds": {"receive": 2.0, "build": 2.0}}


def test_the_readme_states_what_the_page_of_results_prints():
    results = (ROOT / "benchmarks" / "results" / "README.md").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    ratios, stated = (
        [line for line in text.split(heading)[1].split("\n## ")[0].splitlines() if line[:1] == "|"]
        for text, heading in ((results, "## Ratios\n"), (readme, "## How fast it is\n"))
    )
    assert ratios
    assert stated == ratios
