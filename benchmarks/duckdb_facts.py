"""Our own week facts, from the Parquet files that polars reads too to one each.

The SQL between is the models' own, compiled.
"""

from collections.abc import Callable
from pathlib import Path

from benchmarks.compiled import between_inputs_and, database, read, run_models
from benchmarks.timing import command, timed
from introstat.sql import text_literal

WEEK_FACTS = ("fct_participation_weeks", "fct_measure_weeks")


def facts(inputs: Path, out: Path, only: list[str] | None = None) -> dict[str, float]:
    """Write the facts of the exported inputs to `out` and return the seconds each has taken."""
    project = read(inputs)

    def maker(fact: str) -> Callable[[Path, Path], None]:
        def make(folder: Path, path: Path) -> None:
            with database(folder, project) as connection:
                *before, last = between_inputs_and(fact, project)
                run_models(connection, before)
                # Packed as polars packs.
                connection.execute(
                    f"copy ({last.query}) to {text_literal(str(path))} "
                    "(format parquet, compression zstd)"
                )

        return make

    return timed({fact: maker(fact) for fact in WEEK_FACTS}, inputs, out, only)


run = command("benchmarks.duckdb_facts", facts, list(WEEK_FACTS))

if __name__ == "__main__":
    run()
