"""`python -m scale_out`: the facts built on Spark, held against DuckDB's row by row."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import click
import duckdb
from rich.console import Console
from rich.table import Table

from benchmarks.agreement import compare
from introstat.errors import BuildFailed, UserError
from introstat.places import RECEIVED_VARIABLE, project_root
from introstat.progress import Tell, shown
from introstat.sql import text_literal
from introstat.warehouse.dbt import follow
from introstat.warehouse.opening import open_warehouse

EXIT_DIFFERENT = 1
# Facts and dimensions have to be there; the rest is compared where Spark built it.
_WANTED = ("dim_", "fct_")
_COMPARED = (*_WANTED, "dq_", "quarantine", "rpt_", "stat_")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--warehouse",
    type=click.Path(path_type=Path, dir_okay=False),
    default="data/introstat.duckdb",
    show_default=True,
    help="The warehouse that DuckDB built; it is only read.",
)
@click.option(
    "--received",
    type=click.Path(path_type=Path, file_okay=False),
    default="data/introstat.received",
    show_default=True,
    help="The received copy that both engines build from.",
)
@click.option(
    "--dbt",
    type=click.Path(path_type=Path, dir_okay=False),
    default=".venv-spark/bin/dbt",
    show_default=True,
    help="dbt with its adapter for Spark.",
)
@click.option(
    "--selector",
    default="facts",
    show_default=True,
    help="What Spark builds, of selectors.yml: marts, facts, or warehouse for everything.",
)
def main(warehouse: Path, received: Path, dbt: Path, selector: str) -> None:
    """Build facts on Spark and compare each with DuckDB's, row by row.

    Everything of Spark's is written to a temporary folder and gone afterwards. SPARK_MASTER names a
    cluster that reads the same folders; without it Spark runs in this machine's memory.

    Exit code 0: every table is equal. 1: one is not, or Spark did not build it. 2: bad input.

    \b
    Example:
      python -m scale_out --warehouse data/introstat.duckdb --received data/introstat.received
    """
    console = Console(stderr=True)
    for path, what in ((warehouse, "warehouse"), (received, "received copy"), (dbt, "dbt")):
        if not path.exists():
            raise UserError(
                f"There is no {what} at {path}. `make scale-out` makes what it needs itself."
            )
    with spark_folder() as folder:
        began = monotonic()
        with shown(console, "Spark builds the facts") as progress:
            build_on_spark(dbt, selector, received, folder, progress)
        console.print(f"Spark built the facts in {monotonic() - began:.0f} s.")
        rows = export(folder / "tables", folder / "facts", warehouse)
        found = compare(warehouse, folder / "facts", list(rows))
    differences = {
        table: [each for each in found if each.startswith(f"{table}: ")] for table in rows
    }
    Console().print(result(rows, differences))
    for table in differences:
        for difference in differences[table]:
            console.print(difference, markup=False)
    if any(differences.values()):
        sys.exit(EXIT_DIFFERENT)


@contextmanager
def spark_folder() -> Iterator[Path]:
    """Give a folder for what Spark writes, under $INTROSTAT_SPARK_FOLDER if that is set.

    A cluster's workers must see it under the same name.
    """
    folder = Path(tempfile.mkdtemp(prefix="spark-", dir=os.environ.get("INTROSTAT_SPARK_FOLDER")))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def build_on_spark(dbt: Path, selector: str, received: Path, folder: Path, progress: Tell) -> None:
    """Build the seeds and models of a selector with `--target spark` into `<folder>/tables`.

    Raises BuildFailed with what dbt said.
    """
    root = str(project_root())
    command = [
        str(dbt.absolute()),
        "--log-format", "json",
        "--log-path", str(folder / "logs"),
        "build", "--target", "spark", "--selector", selector,
        "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test",
        "--target-path", str(folder / "target"),
        "--project-dir", root,
        "--profiles-dir", root,
    ]  # fmt: skip
    environment = os.environ | {
        RECEIVED_VARIABLE: str(received.resolve()),
        "INTROSTAT_SPARK_WAREHOUSE": str(folder / "tables"),
        # Nothing of this build is asked for in a later one.
        "INTROSTAT_SPARK_CATALOG": "in-memory",
    }
    run = follow(command, environment, progress)
    if run.exit_code:
        said = "\n".join(dict.fromkeys(run.errors)) or "\n".join(run.noise[-20:])
        # Java's stack is of no use to who reads this.
        told = [line for line in said.splitlines() if not line.lstrip().startswith(("at ", "..."))]
        raise BuildFailed("\n".join(["Spark did not build the facts.", *told]))


def export(tables: Path, folder: Path, warehouse: Path) -> dict[str, int]:
    """Write each of Spark's tables as one Parquet file and count its rows.

    `tables` has a folder for each schema, `<schema>.db/<table>`. The names are the warehouse's: a
    fact that Spark has not is a difference, zero rows here and no file for `compare`.
    """
    folder.mkdir()
    with open_warehouse(warehouse) as connection:
        names = connection.execute(
            "select table_name from information_schema.tables order by all"  # views are there too
        ).fetchall()
    rows = {}
    with duckdb.connect() as connection:
        for (name,) in names:
            is_built = any(tables.glob(f"*.db/{name}/*.parquet"))
            if name.startswith(_WANTED) and not is_built:
                rows[name] = 0
            if not name.startswith(_COMPARED) or not is_built:
                continue
            written = connection.execute(
                f"copy (from read_parquet({text_literal(f'{tables}/*.db/{name}/*.parquet')})) "
                f"to {text_literal(str(folder / f'{name}.parquet'))} (format parquet)"
            ).fetchone()
            assert written is not None, "`copy` tells how many rows it wrote"
            rows[name] = written[0]
    return rows


def result(rows: dict[str, int], differences: dict[str, list[str]]) -> Table:
    """Return what is printed: each table's rows on Spark, and whether they are DuckDB's."""
    table = Table("table", "rows", "equal", box=None)
    for name, count in rows.items():
        table.add_row(name, f"{count:,}".replace(",", " "), "no" if differences[name] else "yes")
    return table


if __name__ == "__main__":
    main()
