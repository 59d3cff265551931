"""All models straight in DuckDB, one after the other: what a build costs without dbt."""

from pathlib import Path

import click

from benchmarks.compiled import build_straight, read
from introstat.places import received_beside


@click.command()
@click.argument("compiled", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("warehouse", type=click.Path(dir_okay=False, path_type=Path))
def run(compiled: Path, warehouse: Path) -> None:
    """Run the models of the folder COMPILED in a new file WAREHOUSE, with the seeds.

    Prints the seconds of each model. INTROSTAT_RECEIVED names the received copy.

    Example: python -m benchmarks.straight models/ w.duckdb
    """
    build_straight(
        read(compiled),
        received_beside(warehouse),
        warehouse,
        done=lambda name, took: click.echo(f"{name}\t{took:.3f}"),
    )


if __name__ == "__main__":
    run()
