"""What tests share: a key of their own, the compiled project, and warehouses built from extracts.

dbt compiles the project once a test run; the compiled SQL is then run straight in DuckDB for each
population, in seconds. test_dbt_commands.py shows that dbt itself builds the same.
"""

import contextlib
import fcntl
import gc
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import hypothesis
import pytest
from click.testing import CliRunner
from hypothesis.configuration import set_hypothesis_home_dir

from benchmarks import compiled
from introstat.cli import main
from introstat.identity.pseudonyms import Pseudonymiser
from introstat.processes import end_with_parent
from introstat.receipt.receive import receive
from introstat.release import make as releasing
from introstat.synth.generate import generate
from introstat.warehouse import build as building
from introstat.warehouse.dbt import DbtRun
from introstat.warehouse.opening import open_warehouse

ROOT = Path(__file__).resolve().parents[2]
KEY = bytes(range(64))
# Looking for garbage among many small objects is a tenth of the tests' time.
gc.set_threshold(50_000, 20, 20)
# Tests leave nothing outside the temporary folder, examples that failed neither.
set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "hypothesis")
hypothesis.settings.register_profile("here", database=None)
hypothesis.settings.register_profile("fuzz", max_examples=4000, deadline=None, database=None)
hypothesis.settings.load_profile("here")
# A worker has a file for itself: begun last, one of these would keep it busy after the others.
_LONG = (
    "test_dbt_commands", "test_release", "test_definitions", "test_published", "test_hostile",
    "test_build", "test_faults", "test_keys", "test_mapping_inverse", "test_release_formats",
    "test_release_report", "test_registration_lag", "test_reception", "test_scan", "test_synth",
    "test_mapping", "test_site", "test_receipt", "test_vintages", "test_completeness", "test_lists",
)  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Let a worker end at once when the run is interrupted."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        end_with_parent()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the files that take longest go first."""
    items.sort(key=lambda item: _LONG.index(name) if (name := item.path.stem) in _LONG else 99)


@pytest.fixture(autouse=True, scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key for this session, and none of the user's environment."""
    path = tmp_path_factory.mktemp("key") / "pseudonym.key"
    path.write_text(KEY.hex())
    for name in (
        "INTROSTAT_KEY",
        "INTROSTAT_WAREHOUSE",
        "INTROSTAT_WAREHOUSE_KEY_FILE",
        "INTROSTAT_RECEIVED",
        "INTROSTAT_SYNTHETIC",
    ):
        os.environ.pop(name, None)
    os.environ["INTROSTAT_KEY_FILE"] = str(path)
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    os.environ["INTROSTAT_TESTS_KEPT"] = str(shared / "kept")
    # Nothing here has to outlive a power cut; what real processes do is theirs.
    os.fsync = lambda descriptor: None
    return path


@pytest.fixture(scope="session")
def pseudonymiser() -> Pseudonymiser:
    return Pseudonymiser(KEY)


@dataclass(frozen=True)
class Done:
    """What came of a command: its exit code, and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str | Path, **environment: str) -> Done:
    """Run an introstat command as a user would, but in this process.

    Where it would start dbt, the compiled project is run straight.
    """
    with (
        mock.patch.object(building, "run_dbt", _straight_instead_of_dbt),
        mock.patch.object(releasing, "run_dbt", _published_straight),
    ):
        return run_with_dbt(*arguments, **environment)


def run_with_dbt(*arguments: str | Path, **environment: str) -> Done:
    """Run an introstat command in this process; dbt, where it needs it, is one of its own."""
    done = CliRunner().invoke(
        main, [str(word) for word in arguments], env={"COLUMNS": "200"} | environment
    )
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Done(done.exit_code, done.stdout, done.stderr)


def process(*arguments: str | Path, **environment: str) -> Done:
    """Run introstat as a process of its own."""
    done = subprocess.run(
        [str(Path(sys.executable).parent / "introstat"), *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "200"} | environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        preexec_fn=end_with_parent,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def dbt(*arguments: str | Path, project: Path = ROOT, **environment: str) -> Done:
    """Run dbt as a user would in the project's folder, but in this process."""
    from dbt.adapters.duckdb import DuckDBConnectionManager
    from dbt.adapters.factory import reset_adapters
    from dbt.cli.main import dbtRunner
    from dbt_common.exceptions import DbtBaseException

    words = [*map(str, arguments), "--project-dir", str(project), "--profiles-dir", str(project)]
    said = io.StringIO()
    with mock.patch.dict(os.environ, environment), contextlib.redirect_stdout(said):
        result = dbtRunner().invoke([*words, "--no-use-colors"])
    # The file stays locked as long as a connection lives.
    DuckDBConnectionManager.close_all_connections()
    reset_adapters()
    if result.exception and not isinstance(result.exception, DbtBaseException):
        raise result.exception
    code = 0 if result.success else 2 if result.exception else 1
    return Done(code, said.getvalue() + str(result.exception or ""), "")


def _straight_instead_of_dbt(
    arguments: list[str], warehouse: Path, received: Path, *_: object
) -> DbtRun:
    """`dbt build` with data tests, if they are not left out, in the words that a build asks for."""
    assert arguments[0] == "build", arguments
    days = [word.removeprefix("{as_of: '")[:10] for word in arguments if word.startswith("{as_of")]
    as_of = date.fromisoformat(days[0]) if days else None
    compiled.build_straight(the_project(), received, warehouse, (), as_of, threads=1)
    failing = {}
    if "--exclude-resource-type=test" not in arguments:
        failing = compiled.failing_tests(the_project(), received, warehouse)
    errors = [f"Failure in test {name}" for name, only_warns in failing.items() if not only_warns]
    limits = [name.removesuffix("_is_within_its_limits").upper() for name in failing]
    return DbtRun(1 if errors else 0, errors=errors, over_limits=sorted(limits))


def _published_straight(arguments: list[str], own_file: Path, *more: Any) -> DbtRun:
    """The `dbt build` of what a release publishes, with its data tests."""
    assert arguments[:2] == ["build", "--selector"], arguments
    layer = {"protection": "protected_", "publication": "pub_"}[arguments[2]]
    known = {name: str(value) for name, value in json.loads(arguments[-1]).items()} | more[-1]
    failing = compiled.build_published(the_project(), known, layer, own_file)
    return DbtRun(1 if failing else 0, errors=[f"Failure in test {name}" for name in failing])


@cache
def the_project() -> compiled.Project:
    """The project, compiled once a test run for all workers."""
    place = Path(os.environ["INTROSTAT_TESTS_KEPT"]) / "project"

    def make(folder: Path) -> None:
        (folder / "none").mkdir()
        receive(folder / "none", folder / "received", Pseudonymiser(KEY))
        compiled.prepare(folder / "received", folder, _dbt_step).write(folder)

    return compiled.read(_made_once(make, place))


def _dbt_step(words: list[str], warehouse: Path, received: Path, target: Path) -> None:
    done = dbt(
        *words, "--target-path", target, "--log-path", target,
        INTROSTAT_WAREHOUSE=str(warehouse), INTROSTAT_RECEIVED=str(received),
        **compiled.RELEASE_PLACES,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def the_manifest() -> dict[str, Any]:
    """What dbt knows of the project."""
    text = (Path(the_project().folder) / "target" / "manifest.json").read_text(encoding="utf-8")
    manifest: dict[str, Any] = json.loads(text)
    return manifest


@pytest.fixture
def extracts(tmp_path: Path) -> Path:
    return tmp_path / "extracts"


@pytest.fixture
def received(tmp_path: Path) -> Path:
    return tmp_path / "received"


@pytest.fixture
def mappings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "mappings"
    folder.mkdir()
    monkeypatch.setenv("INTROSTAT_MAPPINGS", str(folder))
    return folder


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function that builds a warehouse from extracts and gives its path.

    All models, or those of some names (`stg_*`) with what they are made of. The same is built once
    a test run, also by several workers of xdist: each caller is given a copy of its own, with the
    received copy beside it.
    """
    kept = Path(os.environ["INTROSTAT_TESTS_KEPT"])

    def build_(extracts: Path, *chosen: str, as_of: str = "") -> Path:
        folder, name = tmp_path_factory.mktemp("warehouse"), "introstat.duckdb"
        received = _made_once(
            lambda place: receive_here(extracts, place), kept / f"received-{_content(extracts)}"
        )

        def make(place: Path) -> None:
            project = the_project()
            names = [
                model.name
                for model in project.models
                if any(fnmatch(model.name, pattern) for pattern in chosen)
            ]
            day = date.fromisoformat(as_of) if as_of else None
            # The other processors have workers of their own.
            compiled.build_straight(project, received, place / name, names, day, threads=1)

        made = _made_once(make, kept / _content(extracts, *chosen, as_of))
        shutil.copyfile(made / name, folder / name)
        shutil.copytree(received, folder / "introstat.received")
        return folder / name

    return build_


def _made_once(make: Callable[[Path], None], place: Path) -> Path:
    """Return the folder that `make` fills, once a test run for each `place`."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "whole").exists():
            shutil.rmtree(place / "made", ignore_errors=True)
            (place / "made").mkdir()
            make(place / "made")
            (place / "whole").touch()
    return place / "made"


def receive_here(extracts: Path, received: Path) -> None:
    """Receive extracts with the session's key, all of them."""
    assert receive(extracts, received, Pseudonymiser(KEY)).refused == []


def _content(extracts: Path, *options: str) -> str:
    """A name for extracts and options: of the same names, bytes and words, the same."""
    digest = hashlib.sha256(repr(options).encode())
    mappings = os.environ.get("INTROSTAT_MAPPINGS")
    for folder in [extracts, *([Path(mappings)] if mappings else [])]:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(
                f"{path.relative_to(folder)!s}\0{content}\n".encode(errors="surrogateescape")
            )
    return digest.hexdigest()


@pytest.fixture(scope="session")
def generated_extracts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    extracts = tmp_path_factory.mktemp("generated") / "extracts"
    generate(extracts, 600, 2017, 2015, 2018)
    return extracts


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Extracts of one year and few persons, for tests of what does not depend on the persons."""
    extracts = tmp_path_factory.mktemp("few") / "extracts"
    generate(extracts, 60, 2017, 2017, 2017)
    return extracts


@pytest.fixture(scope="session")
def few_warehouse(few: Path, build: Callable[..., Path]) -> Path:
    return build(few)


@pytest.fixture(scope="session")
def generated_warehouse(generated_extracts: Path, build: Callable[..., Path]) -> Path:
    return build(generated_extracts)


def rows(warehouse: Path, query: str) -> list[tuple]:
    """Return what a query gives on a warehouse opened for reading, with names of every layer."""
    with open_warehouse(warehouse) as connection:
        return connection.execute(query).fetchall()


def content(warehouse: Path) -> dict[str, tuple]:
    """Each table and view of a warehouse with the number of its rows and a checksum of them."""
    with open_warehouse(warehouse) as connection:
        names = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables"
        ).fetchall()
        return {
            name: connection.execute(
                f"select count(*), bit_xor(hash(t)) from {name} as t"
            ).fetchall()[0]
            for (name,) in names
        }
