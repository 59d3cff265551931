"""Former participants beside the exits of the year they left in, which main figures tell.

A release of a year tells how many left in each earlier year, by sex; of those who left k years
before, some are former participants now. So exits of those years are a count table of the country
alone, `COHORTS`, protected and audited with the others.
"""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from introstat.disclosure.layout import Layout
from introstat.disclosure.linked import Link, Term
from introstat.disclosure.protection import Cube
from introstat.disclosure.published import HIDDEN
from introstat.release.contents import COUNTRY, TOTAL, Contents
from introstat.release.formats import csv_package

COHORTS = "cohorts"


def links_of_cohorts(contents: Contents) -> list[Link]:
    """Former participants are at most those who left in their year, by sex."""
    given, at = contents.cohorts, {"region": COUNTRY}
    return [Link(given["name"], (Term(given["table"], at),), (Term(COHORTS, at),), "at_most")]


def cohorts_of(
    warehouse: duckdb.DuckDBPyConnection, contents: Contents, period: str
) -> Cube | None:
    """The exits by sex of the years that a period's former participants left in, as far back as
    the warehouse knows; None if the period tells of none.
    """
    given, years = contents.cohorts, years_of(contents, period)
    if given["table"] not in contents.of(period):
        return None
    rows = warehouse.execute(
        "select period, measure, sex, value from stat_series where period_type = 'year'"
    ).fetchall()
    known = {year for year, *_ in rows}
    value = {(year, sex): int(v) for year, measure, sex, v in rows if measure == given["of"]}
    sex = contents.dimensions["sex"]
    leaves = [*(code.code for code in sex.codes), str(sex.unpublished)]
    cells = [
        (COUNTRY, after, leaf, value.get((year, leaf), 0))
        for after, year in years.items()
        if year in known
        for leaf in leaves
    ]
    if not cells:
        return None
    columns = zip(*cells, strict=True)
    table = pa.table(dict(zip(("region", given["by"], "sex", "count"), columns, strict=True)))
    return Cube(table, layout_of_cohorts(contents), "count", "count")


def years_of(contents: Contents, period: str) -> dict[str, str]:
    """The year that former participants of a year left in, by how many years after it is."""
    return {
        code.code: str(int(period) - int(code.code))
        for code in contents.dimensions[contents.cohorts["by"]].codes
        if period.isdecimal()
    }


def layout_of_cohorts(contents: Contents) -> Layout:
    """What the table looks like: one region, the country; who has no sex is told nowhere."""
    by, sex = contents.cohorts["by"], contents.dimensions["sex"]
    return Layout(
        ("region", by, "sex"),
        totals={"region": None, by: None, "sex": TOTAL},
        untold={"sex": (str(sex.unpublished),)},
    )


def shown_in_main_figures(path: Path, contents: Contents, period: str) -> pa.Table:
    """What a finished file of main figures shows of a period's table."""
    after_of = {year: after for after, year in years_of(contents, period).items()}
    cells = csv_package.read(path)
    cells = cells.filter(
        pc.and_(
            pc.equal(cells["measure"], contents.cohorts["of"]),
            pc.is_in(cells["period"], pa.array([*after_of], pa.string())),
        )
    )
    values = [None if v is None else int(v) for v in cells["value"].to_pylist()]
    return pa.table(
        {
            "region": [COUNTRY] * cells.num_rows,
            contents.cohorts["by"]: [after_of[str(y)] for y in cells["period"].to_pylist()],
            "sex": [str(code) for code in cells["sex"].to_pylist()],
            "value": pa.array(values, pa.int64()),
            "sign": [str(sign) for sign in cells["sign"].to_pylist()],
        }
    )


def main_figures_to_hide(
    protected: pa.Table, contents: Contents, period: str
) -> list[dict[str, str]]:
    """The main figures of earlier years that a protected table hides: period, sex and measure."""
    years, by = years_of(contents, period), contents.cohorts["by"]
    return [
        {"period": years[row[by]], "sex": row["sex"], "measure": measure}
        for row in protected.filter(pc.equal(protected["sign"], HIDDEN)).to_pylist()
        for measure in contents.cohorts["hides"]
    ]
