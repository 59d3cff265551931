"""The models as DuckDB sees them: their compiled SQL, run without dbt.

Two uses: every model on the received copy, which tells what dbt costs; and the models between the
peers' inputs and a fact, on the same Parquet files that the peers read, which is what their times
are compared with (facts_kept.py, facts_written.py).
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from benchmarks.inputs import INPUTS
from introstat.errors import BuildFailed
from introstat.places import memory_limit
from introstat.sql import quoted_name, text_literal
from introstat.warehouse.dbt import run_dbt

# Where a peer's inputs folder keeps the models, so that both are given as one folder.
COMPILED = "compiled.json"


@dataclass(frozen=True)
class Model:
    """A model: its relation, what it reads, whether it is a view, and its query."""

    name: str
    relation: str
    parents: list[str]
    is_view: bool
    query: str


def prepare(received: Path, warehouse: Path, target: Path) -> list[Model]:
    """Make a file with the seeds and the received views, and compile the models against it.

    Raises BuildFailed with what dbt said.
    """
    steps = (
        ["seed"],
        ["run-operation", "open_received"],
        ["compile", "--selector", "warehouse"],
    )
    for step in steps:
        run = run_dbt(step, warehouse, received, target, lambda *_: None)
        if run.exit_code:
            raise BuildFailed("\n".join(run.errors or run.noise))
    return models(target / "manifest.json")


def models(manifest: Path) -> list[Model]:
    """Return the compiled models of a manifest, parents before children."""
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    found = {
        key: Model(
            node["name"],
            f"{quoted_name(node['schema'])}.{quoted_name(node['alias'])}",
            node["depends_on"]["nodes"],
            node["config"]["materialized"] == "view",
            node["compiled_code"],
        )
        for key, node in nodes.items()
        if node["resource_type"] == "model" and node.get("compiled_code")
    }
    return [found[key] for key in _in_order(found)]


def _in_order(found: dict[str, Model]) -> Iterator[str]:
    done: set[str] = set()

    def with_parents(key: str) -> Iterator[str]:
        if key in found and key not in done:
            for parent in found[key].parents:
                yield from with_parents(parent)
            done.add(key)
            yield key

    for key in found:
        yield from with_parents(key)


def read_once_as_views(chosen: list[Model], kept: Sequence[str] = ()) -> list[Model]:
    """Return the models, parents first, with what is read once as a view: it need not be kept.

    The last is the fact, which stays what it is, and so does what is named in `kept`.
    """
    times = {chosen[-1].name: 1}
    laid_out = [chosen[-1]]
    for model in reversed(chosen[:-1]):
        readers = [(each, each.query.count(model.relation)) for each in laid_out]
        # What a view reads is read whenever the view is.
        times[model.name] = sum(
            count * (times[each.name] if each.is_view else 1) for each, count in readers
        )
        is_read_once = times[model.name] == 1 and model.name not in kept
        laid_out.append(replace(model, is_view=model.is_view or is_read_once))
    return laid_out[::-1]


def run_models(
    connection: duckdb.DuckDBPyConnection, chosen: list[Model], done: Callable[[str, float], None]
) -> None:
    """Create the relation of each model in turn; `done` is told its name and seconds."""
    for model in chosen:
        begin = time.perf_counter()
        kind = "view" if model.is_view else "table"
        connection.execute(f"create or replace {kind} {model.relation} as {model.query}")
        done(model.name, time.perf_counter() - begin)


def between_inputs_and(fact: str, all_models: list[Model]) -> list[Model]:
    """Return the models that a fact needs and the inputs do not hold, the fact last."""
    by_key = {f"model.introstat.{model.name}": model for model in all_models}
    needed: set[str] = set()
    waiting = [f"model.introstat.{fact}"]
    while waiting:
        model = by_key.get(waiting.pop())
        if model and model.name not in needed and model.name not in INPUTS:
            needed.add(model.name)
            waiting.extend(model.parents)
    return [model for model in all_models if model.name in needed]


def listed_beside(inputs: Path) -> list[Model]:
    """Return the models that the folder of the inputs holds as `compiled.json`."""
    return [Model(**model) for model in json.loads((inputs / COMPILED).read_text(encoding="utf-8"))]


@contextmanager
def database(inputs: Path, beside: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give an empty database that sees the inputs as views: in memory, or a file in a folder.

    It spills to a folder of its own, and is gone afterwards.
    """
    with (
        tempfile.TemporaryDirectory(dir=beside) as place,
        duckdb.connect(f"{place}/facts.duckdb" if beside else ":memory:") as connection,
    ):
        connection.execute(f"set memory_limit = '{memory_limit()}'")
        connection.execute(f"set temp_directory = {text_literal(place)}")
        connection.execute("set enable_progress_bar = false")
        for file in sorted(inputs.glob("*.parquet")):
            connection.execute(
                f"create view main.{quoted_name(file.stem)} as "
                f"from read_parquet({text_literal(str(file))})"
            )
        yield connection
