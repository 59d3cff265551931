"""All models straight in DuckDB, one after the other: what a build costs without dbt."""

from pathlib import Path

import click
import duckdb

from benchmarks.compiled import WAREHOUSE, read, run_models
from introstat.places import memory_limit, received_beside
from introstat.sql import text_literal


@click.command()
@click.argument("compiled", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("work", type=click.Path(exists=True, file_okay=False, path_type=Path))
def run(compiled: Path, work: Path) -> None:
    """Run the models of the folder COMPILED in the warehouse file in WORK, which has the seeds.

    Prints the seconds of each model. INTROSTAT_RECEIVED names the received copy.

    Example: python -m benchmarks.straight models/ work/
    """
    warehouse = work / WAREHOUSE
    with duckdb.connect(str(warehouse)) as connection:
        # Where the sources' files are looked for, as profiles.yml says.
        received = text_literal(str(received_beside(warehouse)))
        connection.execute(f"set file_search_path = {received}")
        connection.execute(f"set memory_limit = '{memory_limit()}'")
        connection.execute("set enable_progress_bar = false")
        run_models(
            connection, read(compiled).models, lambda name, took: click.echo(f"{name}\t{took:.3f}")
        )


if __name__ == "__main__":
    run()
