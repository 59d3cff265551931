"""The project as DuckDB sees it: the compiled SQL of models and data tests, run without dbt.

Compiled SQL holds no place: where the received copy lies is DuckDB's setting, so what is compiled
once runs for every population. Three uses: the tests' warehouses; every model on the received copy,
which shows what dbt itself costs; and the models between a peer's inputs and a fact, on the same
Parquet files that the peer reads. What is published is compiled too, with names in place of what
only a release knows.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.inputs import INPUTS
from introstat.errors import BuildFailed
from introstat.places import memory_limit
from introstat.sql import quoted_name, text_literal
from introstat.warehouse.dbt import run_dbt
from introstat.warehouse.opening import open_warehouse

# The file that has the seeds, and is where the models are compiled.
WAREHOUSE = "introstat.duckdb"
_LISTING = "compiled.json"
# What a release tells dbt in vars and in the environment, and what stands for it in compiled SQL.
RELEASE_VARS = {
    "release": "ITS_NAME",
    "release_period": "ITS_PERIOD",
    "min_persons": "ITS_MIN_PERSONS",
}
RELEASE_PLACES = {
    "INTROSTAT_PROTECTED": "ITS_PROTECTED_STORE",
    "INTROSTAT_PROTECTED_CELLS": "ITS_PROTECTED_CELLS",
}
_PUBLICATION = "publication"
# The one model that reads the var `as_of`, and what it holds without one.
_AS_OF_MODEL, _NO_DAY = "stg_receipt__files", "cast(null as date)"


@dataclass(frozen=True)
class Model:
    """A model: its schema and relation, what it reads, whether it is a view, and its query.

    `columns` are those of an enforced contract, which the table is made with; none without one.
    """

    name: str
    schema: str
    relation: str
    parents: list[str]
    is_view: bool
    columns: list[str]
    query: str


@dataclass(frozen=True)
class DataTest:
    """A data test: what it reads, the query of the rows that fail it, what counts them, and when it
    fails.
    """

    name: str
    parents: list[str]
    query: str
    counted_by: str
    fails_if: str
    only_warns: bool


@dataclass(frozen=True)
class Project:
    """The models, parents before children, the data tests, analyses, and each table's schema.

    `folder` holds the file with the seeds; analyses and schemas are by name. What a release builds
    is apart, as `published_models` and `published_tests`: its SQL wants `of_release`.
    """

    folder: str
    models: list[Model]
    tests: list[DataTest]
    published_models: list[Model]
    published_tests: list[DataTest]
    analyses: dict[str, str]
    schemas: dict[str, str]

    def write(self, folder: Path) -> None:
        """Write the project to a folder, for `read` in another process."""
        (folder / _LISTING).write_text(json.dumps(asdict(self)), encoding="utf-8")

    def with_parents(self, names: Iterable[str]) -> list[Model]:
        """Return the models of these names and all they read, in order."""
        by_key = {f"model.introstat.{model.name}": model for model in self.models}
        needed: set[str] = set()
        waiting = [f"model.introstat.{name}" for name in names]
        while waiting:
            model = by_key.get(waiting.pop())
            if model and model.name not in needed:
                needed.add(model.name)
                waiting.extend(model.parents)
        return [model for model in self.models if model.name in needed]


def read(folder: Path) -> Project:
    """Return the project that was written to a folder."""
    listed = json.loads((folder / _LISTING).read_text(encoding="utf-8"))
    return Project(
        listed["folder"],
        [Model(**model) for model in listed["models"]],
        [DataTest(**test) for test in listed["tests"]],
        [Model(**model) for model in listed["published_models"]],
        [DataTest(**test) for test in listed["published_tests"]],
        listed["analyses"],
        listed["schemas"],
    )


DbtStep = Callable[[list[str], Path, Path, Path], None]
"""A dbt command on a warehouse file, with a received copy and a target folder."""


def in_a_process(words: list[str], warehouse: Path, received: Path, target: Path) -> None:
    """Run a dbt command as a process of its own. Raises BuildFailed with what dbt said."""
    run = run_dbt(words, warehouse, received, target, lambda *_: None, RELEASE_PLACES)
    if run.exit_code:
        raise BuildFailed("\n".join(run.errors or run.noise))


def prepare(received: Path, folder: Path, dbt: DbtStep = in_a_process) -> Project:
    """Make a warehouse file with the seeds in a folder, and compile the project against it."""
    target = folder / "target"
    # The same vars for both: dbt parses the project once. fqn:* is what is published, too.
    known = ["--vars", json.dumps(RELEASE_VARS)]
    for words in (["seed"], ["compile", "--select", "fqn:*"]):
        dbt([*words, *known], folder / WAREHOUSE, received, target)
    return _project(target / "manifest.json", folder)


def _project(manifest: Path, folder: Path) -> Project:
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
    found = {key: _model(node) for key, node in nodes.items() if node["resource_type"] == "model"}
    models = [found[key] for key in _in_order(found)]
    tests = [_data_test(node) for node in nodes.values() if node["resource_type"] == "test"]
    published = {key for key, model in found.items() if model.schema == _PUBLICATION}
    analyses = {
        node["name"]: node["compiled_code"]
        for node in nodes.values()
        if node["resource_type"] == "analysis"
    }
    schemas = {
        node["name"]: node["schema"]
        for node in nodes.values()
        if node["resource_type"] in ("model", "seed")
    }
    return Project(
        str(folder),
        [model for model in models if model.schema != _PUBLICATION],
        [test for test in tests if published.isdisjoint(test.parents)],
        [model for model in models if model.schema == _PUBLICATION],
        [test for test in tests if not published.isdisjoint(test.parents)],
        analyses,
        schemas,
    )


def _model(node: dict[str, Any]) -> Model:
    config = node["config"]
    columns = node["columns"].values() if config["contract"]["enforced"] else ()
    return Model(
        node["name"],
        node["schema"],
        f"{quoted_name(node['schema'])}.{quoted_name(node['alias'])}",
        node["depends_on"]["nodes"],
        config["materialized"] == "view",
        [f"{column['name']} {column['data_type']}" for column in columns],
        node["compiled_code"],
    )


def _data_test(node: dict[str, Any]) -> DataTest:
    config = node["config"]
    only_warns = config["severity"].lower() == "warn"
    fails_if = config["warn_if"] if only_warns else config["error_if"]
    return DataTest(
        node["name"],
        node["depends_on"]["nodes"],
        node["compiled_code"],
        config["fail_calc"],
        fails_if,
        only_warns,
    )


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


def build_straight(
    project: Project,
    received: Path,
    warehouse: Path,
    chosen: Iterable[str] = (),
    as_of: date | None = None,
    done: Callable[[str, float], None] = lambda *_: None,
    threads: int | None = None,
) -> None:
    """Make a warehouse file of what was received: the seeds and the chosen models, else all.

    What `dbt run` makes, but for the comments; encrypted if the environment names a key. `done`
    gets each model's name and seconds. DuckDB uses all processors, or so many threads.
    """
    names = list(chosen)
    models = project.with_parents(names) if names else project.models
    seeds = text_literal(str(Path(project.folder) / WAREHOUSE))
    with open_warehouse(warehouse, read_only=False) as connection:
        [(database,)] = connection.execute("select current_database()").fetchall()
        connection.execute(f"attach {seeds} as its_seeds (read_only)")
        connection.execute(f"copy from database its_seeds to {quoted_name(database)}")
        connection.execute("detach its_seeds")
        connection.execute(f"set file_search_path = {text_literal(str(received))}")
        connection.execute(f"set memory_limit = '{memory_limit()}'")
        connection.execute("set enable_progress_bar = false")
        if threads:
            connection.execute(f"set threads = {threads}")
        run_models(connection, [_known_on(as_of, model) for model in models], done)


def _known_on(as_of: date | None, model: Model) -> Model:
    if as_of is None or model.name != _AS_OF_MODEL:
        return model
    assert model.query.count(_NO_DAY) == 1
    day = f"cast({text_literal(str(as_of))} as date)"
    return replace(model, query=model.query.replace(_NO_DAY, day))


def build_published(
    project: Project, release: Mapping[str, str], layer: str, warehouse: Path
) -> list[str]:
    """Make a layer of what a release publishes (`protected_`, `pub_`) in its own file.

    What `dbt build` makes; `release` has its vars and places. Returns the data tests that fail.
    """

    def known(query: str) -> str:
        for name, stand_in in (RELEASE_VARS | RELEASE_PLACES).items():
            query = query.replace(stand_in, release[name])
        return query

    models = [
        replace(model, query=known(model.query))
        for model in project.published_models
        if model.name.startswith(layer)
    ]
    names = {f"model.introstat.{model.name}" for model in models}
    tests = [
        replace(test, query=known(test.query))
        for test in project.published_tests
        if not names.isdisjoint(test.parents)
    ]
    with open_warehouse(warehouse, read_only=False) as connection:
        run_models(connection, models)
        return list(_failing(connection, tests))


def failing_tests(project: Project, received: Path, warehouse: Path) -> dict[str, bool]:
    """Return the data tests that fail on a warehouse file by name, and whether they only warn."""
    with open_warehouse(warehouse) as connection:
        connection.execute(f"set file_search_path = {text_literal(str(received))}")
        return _failing(connection, project.tests)


def _failing(connection: duckdb.DuckDBPyConnection, tests: list[DataTest]) -> dict[str, bool]:
    failing = {}
    for test in tests:
        counted = f"select {test.counted_by} as failures from ({test.query}) as failing"
        found = connection.execute(
            f"select failures {test.fails_if} from ({counted}) as counted"
        ).fetchall()
        if found[0][0]:
            failing[test.name] = test.only_warns
    return failing


def run_models(
    connection: duckdb.DuckDBPyConnection,
    chosen: list[Model],
    done: Callable[[str, float], None] = lambda *_: None,
) -> None:
    """Create the relation of each model in turn, as dbt does; `done` gets its name and seconds."""
    for model in chosen:
        connection.execute(f"create schema if not exists {quoted_name(model.schema)}")
        begin = time.perf_counter()
        if model.columns and not model.is_view:
            names = ", ".join(column.split(" ", 1)[0] for column in model.columns)
            columns = ", ".join(model.columns)
            connection.execute(f"create or replace table {model.relation} ({columns})")
            connection.execute(
                f"insert into {model.relation} ({names}) select {names} from ({model.query})"
            )
        else:
            kind = "view" if model.is_view else "table"
            connection.execute(f"create or replace {kind} {model.relation} as {model.query}")
        done(model.name, time.perf_counter() - begin)


def between_inputs_and(fact: str, project: Project) -> list[Model]:
    """Return the models that a fact needs and the inputs do not hold, the fact last."""
    rest = replace(project, models=[each for each in project.models if each.name not in INPUTS])
    return rest.with_parents([fact])


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
