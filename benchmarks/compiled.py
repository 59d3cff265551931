"""The models as DuckDB sees them: their compiled SQL, run without dbt.

Two uses: every model on the received copy, which shows what dbt itself costs; and the models
between a peer's inputs and a fact, on the same Parquet files that the peer reads.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import duckdb

from benchmarks.inputs import INPUTS
from introstat.errors import BuildFailed
from introstat.places import memory_limit
from introstat.sql import quoted_name, text_literal
from introstat.warehouse.dbt import run_dbt

# The file's name is the catalog's in compiled SQL, so every file that this SQL runs in has it.
WAREHOUSE = "introstat.duckdb"
_LISTING = "compiled.json"


@dataclass(frozen=True)
class Model:
    """A model: its schema and relation, what it reads, whether it is a view, and its query."""

    name: str
    schema: str
    relation: str
    parents: list[str]
    is_view: bool
    query: str


@dataclass(frozen=True)
class Project:
    """The models, parents before children, and each one's schema by name, seeds' too."""

    models: list[Model]
    schemas: dict[str, str]

    def write(self, folder: Path) -> None:
        """Write the project to a folder, for `read` in another process."""
        (folder / _LISTING).write_text(json.dumps(asdict(self)), encoding="utf-8")


def read(folder: Path) -> Project:
    """Return the project that was written to a folder."""
    listed = json.loads((folder / _LISTING).read_text(encoding="utf-8"))
    return Project([Model(**model) for model in listed["models"]], listed["schemas"])


def prepare(received: Path, folder: Path) -> Project:
    """Make a warehouse file with the seeds in a folder, and compile the models against it.

    Raises BuildFailed with what dbt said.
    """
    target = folder / "target"
    for step in (["seed"], ["compile", "--selector", "warehouse"]):
        run = run_dbt(step, folder / WAREHOUSE, received, target, lambda *_: None)
        if run.exit_code:
            raise BuildFailed("\n".join(run.errors or run.noise))
    return _project(target / "manifest.json")


def _project(manifest: Path) -> Project:
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    models = {
        key: Model(
            node["name"],
            node["schema"],
            f"{quoted_name(node['schema'])}.{quoted_name(node['alias'])}",
            node["depends_on"]["nodes"],
            node["config"]["materialized"] == "view",
            node["compiled_code"],
        )
        for key, node in nodes.items()
        if node["resource_type"] == "model" and node.get("compiled_code")
    }
    schemas = {
        node["name"]: node["schema"]
        for node in nodes.values()
        if node["resource_type"] in ("model", "seed")
    }
    return Project([models[key] for key in _in_order(models)], schemas)


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


def read_once_as_views(chosen: list[Model]) -> list[Model]:
    """Return the models, parents first, with those that are read once as views.

    Nobody else reads them here. The last is the fact, which stays what it is.
    """
    times = {chosen[-1].name: 1}
    laid_out = [chosen[-1]]
    for model in reversed(chosen[:-1]):
        readers = [(each, each.query.count(model.relation)) for each in laid_out]
        # What a view reads is read whenever the view is.
        times[model.name] = sum(
            count * (times[each.name] if each.is_view else 1) for each, count in readers
        )
        laid_out.append(replace(model, is_view=model.is_view or times[model.name] == 1))
    return laid_out[::-1]


def run_models(
    connection: duckdb.DuckDBPyConnection, chosen: list[Model], done: Callable[[str, float], None]
) -> None:
    """Create the relation of each model in turn; `done` gets its name and seconds."""
    for model in chosen:
        connection.execute(f"create schema if not exists {quoted_name(model.schema)}")
        begin = time.perf_counter()
        kind = "view" if model.is_view else "table"
        connection.execute(f"create or replace {kind} {model.relation} as {model.query}")
        done(model.name, time.perf_counter() - begin)


def between_inputs_and(fact: str, project: Project) -> list[Model]:
    """Return the models that a fact needs and the inputs do not hold, the fact last."""
    by_key = {f"model.introstat.{model.name}": model for model in project.models}
    needed: set[str] = set()
    waiting = [f"model.introstat.{fact}"]
    while waiting:
        model = by_key.get(waiting.pop())
        if model and model.name not in needed and model.name not in INPUTS:
            needed.add(model.name)
            waiting.extend(model.parents)
    return [model for model in project.models if model.name in needed]


@contextmanager
def database(inputs: Path, project: Project) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give an empty database in memory that sees the inputs as views, where the models read them.

    It spills to a folder of its own, and is gone afterwards.
    """
    catalog = quoted_name(Path(WAREHOUSE).stem)
    with tempfile.TemporaryDirectory() as place, duckdb.connect() as connection:
        connection.execute(f"attach ':memory:' as {catalog}")
        connection.execute(f"use {catalog}")
        connection.execute(f"set memory_limit = '{memory_limit()}'")
        connection.execute(f"set temp_directory = {text_literal(place)}")
        connection.execute("set enable_progress_bar = false")
        for name in INPUTS:
            schema = quoted_name(project.schemas[name])
            file = text_literal(str(inputs / f"{name}.parquet"))
            connection.execute(f"create schema if not exists {schema}")
            connection.execute(
                f"create view {schema}.{quoted_name(name)} as from read_parquet({file})"
            )
        yield connection
