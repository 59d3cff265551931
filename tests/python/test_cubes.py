"""The cubes against an independent count, cell by cell, before disclosure control."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT
from oracle.cubes import Counted

from introstat.warehouse.opening import open_warehouse

# The codes of each cube, those without a total first.
CODES = {
    "stat_benefit": ("sex", "age_band"),
    "stat_completeness": ("rule_id",),
    "stat_direct_result_2": ("sex", "result_group"),
    "stat_direct_result_7": ("sex", "termination_group"),
    "stat_hours": ("sex",),
    "stat_measures_12": ("measure_type", "sex"),
    "stat_measures_4": ("measure_group", "sex"),
    "stat_participants": ("sex", "age_band"),
    "stat_participants_country": ("sex", "country_of_birth"),
    "stat_registration_share": ("event_type",),
    "stat_status": ("years_after", "sex", "status_group"),
    "stat_status_codes": ("years_after", "sex", "status_code"),
}
REGION = ("region_set", "region_type", "region_code")
COUNTRY_YEARS = (
    "participants", "men", "women", "exits", "exits_to_work_or_education", "direct_result_percent",
    "former_participants", "in_work_or_education", "status_percent",
)  # fmt: skip


@pytest.fixture(scope="module")
def connection(generated_warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_warehouse(generated_warehouse) as opened:
        yield opened


@pytest.fixture(scope="module")
def counted(connection: duckdb.DuckDBPyConnection) -> Counted:
    return Counted(connection)


def cells(connection: duckdb.DuckDBPyConnection, cube: str, keys: tuple[str, ...]) -> dict:
    found = connection.execute(f"select {', '.join(keys)}, value, persons from {cube}").fetchall()
    return {row[:-2]: row[-2:] for row in found}


def assert_same(found: dict, expected: dict) -> None:
    differing = {
        key: (found.get(key), expected.get(key))
        for key in found.keys() | expected.keys()
        if found.get(key) != expected.get(key)
    }
    few = dict(sorted(differing.items(), key=str)[:5])
    assert not few, f"{len(differing)} of {len(expected)} differ (found, expected): {few}"


def test_every_cube_is_counted() -> None:
    cubes = {path.stem for path in (ROOT / "models" / "statistics").glob("*.sql")}
    assert cubes == {*CODES, "stat_series", "stat_country_years", "stat_regions"}


@pytest.mark.parametrize("cube", CODES)
def test_a_cube_holds_what_is_counted_person_by_person(
    connection: duckdb.DuckDBPyConnection, counted: Counted, cube: str
) -> None:
    keys = ("period", *REGION, *CODES[cube], "measure")
    expected = counted.cube(cube)
    assert len(expected) > 50
    assert_same(cells(connection, cube, keys), expected)
    [(wrong,)] = connection.execute(
        f"select count(*) from {cube} where (period_type = 'year') <> (length(period) = 4)"
    ).fetchall()
    assert wrong == 0


def test_the_series_are_the_cubes_figures(
    connection: duckdb.DuckDBPyConnection, counted: Counted
) -> None:
    assert_same(
        cells(connection, "stat_series", ("period", "sex", "measure")), counted.stat_series()
    )


def test_the_country_by_year_is_counted_person_by_person(
    connection: duckdb.DuckDBPyConnection, counted: Counted
) -> None:
    found = connection.execute(
        f"select year, {', '.join(COUNTRY_YEARS)} from stat_country_years"
    ).fetchall()
    assert_same({row[0]: row[1:] for row in found}, counted.stat_country_years())
