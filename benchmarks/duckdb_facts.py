"""Our own facts from the Parquet files that polars reads too, each written to one as polars does.

The SQL between is the models' own, compiled.
"""

from collections.abc import Callable
from pathlib import Path

from benchmarks.agreement import FACTS
from benchmarks.compiled import between_inputs_and, database, read, read_once_as_views, run_models
from benchmarks.peers.running import command, timed
from introstat.sql import text_literal


def facts(inputs: Path, out: Path, only: list[str] | None = None) -> dict[str, float]:
    """Write the facts of the exported inputs to `out` and return the seconds each has taken."""
    project = read(inputs)

    def maker(fact: str) -> Callable[[Path, Path], None]:
        def make(folder: Path, path: Path) -> None:
            with database(folder, project) as connection:
                *before, last = read_once_as_views(between_inputs_and(fact, project))
                run_models(connection, before, lambda *_: None)
                # Packed as polars packs.
                connection.execute(
                    f"copy ({last.query}) to {text_literal(str(path))} "
                    "(format parquet, compression zstd)"
                )

        return make

    return timed({fact: maker(fact) for fact in FACTS}, inputs, out, only)


run = command("benchmarks.duckdb_facts", facts, list(FACTS))

if __name__ == "__main__":
    run()
