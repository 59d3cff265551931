"""All models straight in DuckDB, one after the other: what a build costs without dbt."""

from pathlib import Path

import click
import duckdb

from benchmarks.compiled import WAREHOUSE, read, run_models
from introstat.places import memory_limit


@click.command()
@click.argument("compiled", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("work", type=click.Path(exists=True, file_okay=False, path_type=Path))
def run(compiled: Path, work: Path) -> None:
    """Run the models of the folder COMPILED in the warehouse file in WORK, which has the seeds.

    Prints the seconds of each model.

    Example: python -m benchmarks.straight models/ work/
    """
    with duckdb.connect(str(work / WAREHOUSE)) as connection:
        connection.execute(f"set memory_limit = '{memory_limit()}'")
        connection.execute("set enable_progress_bar = false")
        run_models(
            connection, read(compiled).models, lambda name, took: click.echo(f"{name}\t{took:.3f}")
        )


if __name__ == "__main__":
    run()
