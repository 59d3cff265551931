"""Our own facts written out: from the same Parquet files that the peers read, to one as theirs."""

from collections.abc import Callable
from pathlib import Path

from benchmarks.agreement import FACTS
from benchmarks.compiled import (
    between_inputs_and,
    database,
    listed_beside,
    read_once_as_views,
    run_models,
)
from benchmarks.peers.running import command, timed
from introstat.sql import text_literal


def facts(inputs: Path, out: Path, only: list[str] | None = None) -> dict[str, float]:
    """Write the facts of the exported inputs to `out` and return the seconds each has taken."""
    listed = listed_beside(inputs)

    def maker(fact: str) -> Callable[[Path, Path], None]:
        def make(folder: Path, path: Path) -> None:
            with database(folder) as connection:
                *before, last = read_once_as_views(between_inputs_and(fact, listed))
                run_models(connection, before, lambda *_: None)
                # Packed as polars packs.
                connection.execute(
                    f"copy ({last.query}) to {text_literal(str(path))} "
                    "(format parquet, compression zstd)"
                )

        return make

    return timed({fact: maker(fact) for fact in FACTS}, inputs, out, only)


run = command("benchmarks.facts_written", facts, list(FACTS))

if __name__ == "__main__":
    run()
