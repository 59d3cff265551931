"""The metrics, asked as MetricFlow asks them, give the figures of the cubes."""

import os
import shutil
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import ROOT, rows, the_project

# Metric → its cube, the cells of the cube, what its sums are multiplied by and rounded to. Each is
# asked for years and, with _half_year after its name, for half-years; YEARS and HALF_YEARS are not.
_PERSONS = "sex = 'total' and age_band = 'total' and measure = "
_RESULT = "sex = 'total' and result_group = "
_HOURS = "sex = 'total' and measure = "
_AFTER = "years_after = '1' and sex = 'total' and status_group = "
CUBES: dict[str, tuple[str, str, int, int]] = {
    "participants": ("stat_participants", f"{_PERSONS} 'participants'", 1, 0),
    "exits": ("stat_direct_result_2", f"{_RESULT} 'total' and measure = 'exits'", 1, 0),
    "exits_to_work_or_education": (
        "stat_direct_result_2", f"{_RESULT} 'arbutd' and measure = 'exits'", 1, 0,
    ),
    "direct_result_share": (
        "stat_direct_result_2", f"{_RESULT} 'arbutd' and measure = 'percent'", 100, 0,
    ),
    "hours_per_week": ("stat_hours", f"{_HOURS} 'hours_per_week'", 1, 1),
    "full_time_share": ("stat_hours", f"{_HOURS} 'full_time_percent'", 100, 0),
    "measure_days_share": ("stat_hours", f"{_HOURS} 'measure_days_percent'", 100, 0),
    "recipients": ("stat_benefit", f"{_PERSONS} 'recipients'", 1, 0),
    "benefit_amount": ("stat_benefit", f"{_PERSONS} 'amount'", 1, 0),
    "mean_benefit": ("stat_benefit", f"{_PERSONS} 'mean_amount'", 1, 0),
}  # fmt: skip
YEARS: dict[str, tuple[str, str, int, int]] = {
    "former_participants": (
        "stat_status", f"{_AFTER} 'total' and measure = 'former_participants'", 1, 0,
    ),
    "former_participants_in_work_or_education": (
        "stat_status", f"{_AFTER} '1' and measure = 'former_participants'", 1, 0,
    ),
    "status_share": ("stat_status", f"{_AFTER} '1' and measure = 'percent'", 100, 0),
}  # fmt: skip
HALF_YEARS: dict[str, tuple[str, str, int, int]] = {
    "checked_units": ("stat_completeness", "measure = 'checked'", 1, 0),
    "findings": ("stat_completeness", "measure = 'findings'", 1, 0),
    "findings_share": ("stat_completeness", "measure = 'percent'", 100, 0),
}
ASKED = (
    [(name, "year", *cube) for name, cube in (CUBES | YEARS).items()]
    + [(f"{name}_half_year", "half_year", *cube) for name, cube in CUBES.items()]
    + [(name, "half_year", *cube) for name, cube in HALF_YEARS.items()]
)


@pytest.fixture(scope="module")
def engine() -> Any:
    """MetricFlow over the compiled project; it writes SQL, and the tests run it."""
    from dbt_metricflow.cli.dbt_connectors.dbt_config_accessor import dbtArtifacts
    from metricflow.engine.metricflow_engine import MetricFlowEngine
    from metricflow.protocols.sql_client import SqlEngine
    from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
    from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

    project = Path(the_project().folder)
    read = dbtArtifacts.build_semantic_manifest_from_dbt_project_root(project)
    duckdb = SimpleNamespace(
        sql_engine_type=SqlEngine.DUCKDB, sql_plan_renderer=DuckDbSqlPlanRenderer()
    )
    return MetricFlowEngine(SemanticManifestLookup(read), duckdb)


def sums_of(engine: Any) -> dict[str, tuple[str, ...]]:
    """Each metric's sums: itself, or those that it is the ratio of."""
    return {
        metric.name: (metric.type_params.numerator.name, metric.type_params.denominator.name)
        if metric.type_params.numerator
        else (metric.name,)
        for metric in engine.list_metrics()
    }


def asked(engine: Any, warehouse: Path, metrics: list[str], by: list[str]) -> dict[tuple, tuple]:
    """The metrics' values by the values of the dimensions."""
    from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

    request = MetricFlowQueryRequest.create(metric_names=metrics, group_by_names=by)
    query = engine.explain(request).sql_statement.sql
    chosen = ", ".join(f"cast({name} as varchar)" for name in by)
    return {
        row[: len(by)]: row[len(by) :]
        for row in rows(warehouse, f"select {chosen}, {', '.join(metrics)} from ({query})")
    }


def rounded(sums: list[Any], times: int, decimals: int) -> Decimal | None:
    """A sum, or the ratio of two, rounded half up in whole arithmetic; None if it divides by 0."""
    part, whole = Fraction(sums[0] or 0), Fraction(sums[1] or 0) if sums[1:] else Fraction(1)
    if not whole:
        return None
    exact = part / whole * times * 10**decimals
    return Decimal(int(exact + Fraction(1, 2))).scaleb(-decimals)


@pytest.mark.parametrize("region_type", ["country", "municipality"])
@pytest.mark.parametrize(
    ("metric", "period_type", "cube", "cells", "times", "decimals"),
    ASKED,
    ids=[name for name, *_ in ASKED],
)
def test_a_metric_is_its_cube(
    engine: Any,
    generated_warehouse: Path,
    metric: str,
    period_type: str,
    cube: str,
    cells: str,
    times: int,
    decimals: int,
    region_type: str,
):
    of_rules = cube == "stat_completeness"
    by = [f"metric_time__{period_type}"]
    by += ["checked_unit__rule_id"] if of_rules else []
    by += ["place__municipality_code"] if region_type == "municipality" else []
    parts = list(sums_of(engine)[metric])
    names = [metric, *(part for part in parts if part != metric)]
    found = {}
    for key, (value, *rest) in asked(engine, generated_warehouse, names, by).items():
        sums = rest or [value]
        # A year is asked for by its first day.
        period = key[0][:4] if period_type == "year" else key[0]
        if rest and rest[1]:
            assert (value or 0) == pytest.approx(float(Fraction(rest[0] or 0) / Fraction(rest[1])))
        found[period, *key[1:]] = rounded(sums, times, decimals)
    keys = ["period", *(["rule_id"] if of_rules else [])]
    keys += ["region_code"] if region_type == "municipality" else []
    expected = {
        tuple(key): value
        for *key, value in rows(
            generated_warehouse,
            f"select {', '.join(keys)}, value from {cube} where {cells} and region_set = "
            f"'at_the_time' and region_type = '{region_type}' and period_type = '{period_type}'",
        )
    }
    # A cube has no row where nobody has the code; in no municipality are protected addresses.
    found = {key: value for key, value in found.items() if value and key[-1] is not None}
    expected = {key: value for key, value in expected.items() if value}
    assert found == expected
    assert len(found) > (40 if region_type == "municipality" else 1)


def test_every_metric_is_a_cubes_or_a_sum_that_one_is_made_of(engine: Any):
    sums = sums_of(engine)
    compared = {name for name, *_ in ASKED}
    made_of = {part for name in compared for part in sums[name]}
    assert sums.keys() - compared - made_of == {"planned_hours", "planned_hours_half_year"}


def test_planned_hours_are_a_fifth_of_what_hours_per_week_are_made_of(
    engine: Any, generated_warehouse: Path
):
    names = ["planned_hours", "planned_hours_times_five"]
    found = asked(engine, generated_warehouse, names, ["metric_time__year"])
    assert len(found) > 3
    assert all(five == 5 * hours > 0 for hours, five in found.values())


def test_metricflow_finds_no_fault(generated_warehouse: Path, tmp_path: Path):
    """`mf validate-configs`, in a folder with what it reads of the project."""
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "target").mkdir()
    made = Path(the_project().folder) / "target" / "semantic_manifest.json"
    shutil.copy(made, tmp_path / "target")
    done = subprocess.run(
        [str(Path(sys.executable).parent / "mf"), "validate-configs", "--show-all"],
        cwd=tmp_path,
        env=os.environ
        | {"INTROSTAT_WAREHOUSE": str(generated_warehouse), "DBT_LOG_PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    # The semantics; and models, dimensions, entities, measures and metrics in the warehouse.
    assert said.count("(ERRORS: 0, FUTURE_ERRORS: 0, WARNINGS: 0)") == 6, said
