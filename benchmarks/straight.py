"""All models straight in DuckDB, one after the other, and what its operators did in the slowest."""

import json
import tempfile
from pathlib import Path
from typing import Any

import click
import duckdb

from benchmarks.compiled import Model, run_models
from introstat.places import memory_limit
from introstat.sql import text_literal

# Operators that took less of their model's time are left out, unless something below them did not.
_WORTH_TELLING = 0.01


@click.command()
@click.argument("compiled", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("warehouse", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--profile", "profiled", multiple=True, help="A model to make anew in a built warehouse."
)
def run(compiled: Path, warehouse: Path, profiled: tuple[str, ...]) -> None:
    """Run the COMPILED models (a JSON file) in a WAREHOUSE with seeds and received views.

    Prints the seconds of each model; with --profile, instead, those models' trees of operators.

    Example: python -m benchmarks.straight models.json introstat.duckdb
    """
    listed = [Model(**model) for model in json.loads(compiled.read_text(encoding="utf-8"))]
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(f"set memory_limit = '{memory_limit()}'")
        connection.execute("set enable_progress_bar = false")
        if not profiled:
            run_models(connection, listed, lambda name, took: click.echo(f"{name}\t{took:.3f}"))
        for name in profiled:
            click.echo(_profile(connection, next(each for each in listed if each.name == name)))


def _profile(connection: duckdb.DuckDBPyConnection, model: Model) -> str:
    """Make a model anew and return its operators: seconds over all threads, rows given on."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "profile.json"
        connection.execute("set enable_profiling = 'json'")
        connection.execute(f"set profiling_output = {text_literal(str(file))}")
        run_models(connection, [model], lambda *_: None)
        connection.execute("set enable_profiling = 'no_output'")
        query = json.loads(file.read_text(encoding="utf-8"))
    whole = _seconds(query)
    lines = [f"{model.name}: {whole:.2f} s in its operators, {query['latency']:.2f} s on the clock"]
    for child in query["children"]:
        lines += _lines(child, whole, 1)
    return "\n".join(lines) + "\n"


def _lines(operator: dict[str, Any], whole: float, depth: int) -> list[str]:
    if _seconds(operator) < _WORTH_TELLING * whole:
        return []
    own = (
        f"{'  ' * depth}{operator['operator_name'].strip()}  {operator['operator_timing']:.2f} s, "
        f"{operator['operator_cardinality']:,} rows".replace(",", " ").replace(" s  ", " s, ")
    )
    below = [_lines(child, whole, depth + 1) for child in operator["children"]]
    return [own, *(line for lines in below for line in lines)]


def _seconds(operator: dict[str, Any]) -> float:
    """An operator's seconds and those of all below it."""
    own = float(operator.get("operator_timing", 0))
    return own + sum(_seconds(child) for child in operator["children"])


if __name__ == "__main__":
    run()
