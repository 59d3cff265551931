"""Our own facts as the warehouse keeps them: tables of a DuckDB file, or views where it has views.

The week facts and the months of benefit are: what is made for them is the narrow table that they
read.
"""

from collections.abc import Callable
from contextlib import ExitStack
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
    """Make the facts of the exported inputs and return the seconds each has taken.

    To be compared, they are written to `out` as well, when the clock has stopped.
    """
    listed = listed_beside(inputs)

    def maker(fact: str) -> Callable[[Path, Path], Callable[[], None]]:
        def make(folder: Path, path: Path) -> Callable[[], None]:
            with ExitStack() as until_compared:
                connection = until_compared.enter_context(database(folder, path.parent))
                models = between_inputs_and(fact, listed)
                last = models[-1]
                behind = [parent.split(".")[-1] for parent in last.parents] if last.is_view else []
                run_models(connection, read_once_as_views(models, behind), lambda *_: None)
                connection.execute("checkpoint")
                left = until_compared.pop_all()

            def write() -> None:
                with left:
                    connection.execute(
                        f"copy (from {last.relation}) to {text_literal(str(path))} (format parquet)"
                    )

            return write

        return make

    return timed({fact: maker(fact) for fact in FACTS}, inputs, out, only)


run = command("benchmarks.facts_kept", facts, list(FACTS))

if __name__ == "__main__":
    run()
