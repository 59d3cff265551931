"""Former participants and the exits of the year they left in, in one system."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from introstat.disclosure.layout import Layout
from introstat.disclosure.policy import Policy
from introstat.disclosure.protection import Cube, ProtectedCube, protect
from introstat.disclosure.table_audit import PublishedTable, audit_tables
from introstat.release.cohorts import (
    COHORTS,
    cohorts_of,
    layout_of_cohorts,
    links_of_cohorts,
    main_figures_to_hide,
    shown_in_main_figures,
)
from introstat.release.contents import load_contents

POLICY = Policy(decided_by="a test", decided_on="2026-01-01")
CONTENTS = load_contents()
CODES = ("11", "21", "35", "08")


@pytest.fixture
def warehouse() -> duckdb.DuckDBPyConnection:
    """Main figures from 2013 on; in 2015 nobody left, in 2014 no woman."""
    connection = duckdb.connect()
    connection.execute(
        """
        create table stat_series as
        from (values
            ('2013', 'year', '1', 'exits', 8), ('2013', 'year', '2', 'exits', 5),
            ('2013', 'year', 'total', 'exits', 13), ('2014', 'year', '1', 'exits', 6),
            ('2014', 'year', 'unknown', 'exits', 1), ('2014', 'year', 'total', 'exits', 7),
            ('2015', 'year', 'total', 'participants', 9), ('2015H1', 'half-year', '1', 'exits', 4)
        ) as figures (period, period_type, sex, measure, value)
        """
    )
    return connection


def former(women: tuple[int, ...]) -> Cube:
    """Former participants four years after: 8 men, and women by status."""
    counts = {"1": (2, 4, 2, 0), "2": women, "unknown": (0, 0, 0, 0)}
    rows = [
        ("03", "4", sex, code, n)
        for sex, of in counts.items()
        for code, n in zip(CODES, of, strict=True)
    ]
    names = ("region", "years_after", "sex", "status_group", "count")
    table = pa.table(dict(zip(names, zip(*rows, strict=True), strict=True)))
    totals = {"region": "0", "years_after": None, "sex": "total", "status_group": "total"}
    return Cube(table, Layout(names[:-1], totals=totals, untold={"sex": ("unknown",)}), "count")


def cohort(women: int) -> Cube:
    rows = [("0", "4", "1", 12), ("0", "4", "2", women), ("0", "4", "unknown", 0)]
    table = pa.table(
        dict(zip(("region", "years_after", "sex", "count"), zip(*rows, strict=True), strict=True))
    )
    return Cube(table, layout_of_cohorts(CONTENTS), "count")


def passes(cubes: dict[str, Cube], protected: dict[str, ProtectedCube]) -> bool:
    tables = {
        name: PublishedTable(one.table, cubes[name].layout, "suppress", one.primaries)
        for name, one in protected.items()
    }
    results = audit_tables(tables, POLICY, links_of_cohorts(CONTENTS))
    return all(result.passed for result in results.values())


def test_exits_that_give_former_participants_away_are_hidden() -> None:
    # The five women who left are all here: each hidden status is 1, 2 or 3 of them.
    cubes = {"status": former((1, 2, 0, 2)), COHORTS: cohort(5)}
    apart = {name: protect({name: cube}, POLICY)[name] for name, cube in cubes.items()}
    assert set(apart[COHORTS].table["sign"].to_pylist()) == {""}
    assert not passes(cubes, apart)
    together = protect(cubes, POLICY, links_of_cohorts(CONTENTS))
    assert passes(cubes, together)
    hidden = main_figures_to_hide(together[COHORTS].table, CONTENTS, "2017")
    assert {"period": "2013", "sex": "2", "measure": "exits"} in hidden
    assert {"period": "2013", "sex": "2", "measure": "direct_result_percent"} in hidden


def test_exits_that_leave_room_stay() -> None:
    cubes = {"status": former((1, 2, 0, 2)), COHORTS: cohort(40)}
    together = protect(cubes, POLICY, links_of_cohorts(CONTENTS))
    assert passes(cubes, together)
    assert main_figures_to_hide(together[COHORTS].table, CONTENTS, "2017") == []


def test_cohorts_are_the_exits_of_the_years_that_the_warehouse_knows(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    found = cohorts_of(warehouse, CONTENTS, "2017")
    assert found is not None
    assert [tuple(row.values()) for row in found.table.to_pylist()] == [
        ("0", "2", "1", 0), ("0", "2", "2", 0), ("0", "2", "unknown", 0),
        ("0", "3", "1", 6), ("0", "3", "2", 0), ("0", "3", "unknown", 1),
        ("0", "4", "1", 8), ("0", "4", "2", 5), ("0", "4", "unknown", 0),
    ]  # fmt: skip
    assert cohorts_of(warehouse, CONTENTS, "2017H1") is None
    assert cohorts_of(warehouse, CONTENTS, "2030") is None


def test_main_figures_are_read_as_the_table_of_cohorts(tmp_path: Path) -> None:
    path = tmp_path / "hovedtall_p2010_p2017_v1.csv"
    path.write_text(
        "period,period_label,region,region_label,sex,sex_label,measure,measure_label,value,sign,"
        "is_preliminary\n"
        "2013,2013,0,Norge,2,Kvinner,exits,Avsluttet program,,:,true\n"
        "2013,2013,0,Norge,total,Begge,exits,Avsluttet program,13,,true\n"
        "2013,2013,0,Norge,total,Begge,participants,Deltakere,20,,true\n"
        "2011,2011,0,Norge,total,Begge,exits,Avsluttet program,9,,true\n",
        encoding="utf-8",
    )
    assert shown_in_main_figures(path, CONTENTS, "2017").to_pylist() == [
        {"region": "0", "years_after": "4", "sex": "2", "value": None, "sign": ":"},
        {"region": "0", "years_after": "4", "sex": "total", "value": 13, "sign": ""},
    ]
