"""What tests share: a key of their own, and warehouses built once a session from small extracts."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

from introstat.identity.pseudonyms import Pseudonymiser
from introstat.receipt.receive import receive
from introstat.synth.generate import generate
from introstat.warehouse.dbt import run_dbt
from introstat.warehouse.opening import open_warehouse

ROOT = Path(__file__).resolve().parents[2]
KEY = bytes(range(64))
hypothesis.settings.register_profile("fuzz", max_examples=2000, deadline=None)
# A worker has a file for itself: begun last, one of these would keep it busy after the others.
_LONG = (
    "test_build", "test_release", "test_dbt_commands", "test_definitions", "test_faults",
    "test_published", "test_keys", "test_vintages", "test_completeness", "test_scan",
    "test_registration_lag", "test_mapping_inverse", "test_mapping", "test_lists",
)  # fmt: skip


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
    ):
        os.environ.pop(name, None)
    os.environ["INTROSTAT_KEY_FILE"] = str(path)
    return path


@pytest.fixture(scope="session")
def pseudonymiser() -> Pseudonymiser:
    return Pseudonymiser(KEY)


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run introstat (or dbt, if that is the first word) as a user would."""
    words = [str(argument) for argument in arguments]
    program = words.pop(0) if words[0] == "dbt" else "introstat"
    return subprocess.run(
        [str(Path(sys.executable).parent / program), *words],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "200"} | environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function that builds a warehouse from extracts and gives its path.

    The same extracts and options are built once a test run, also by several workers of xdist: each
    caller is given a copy of its own, with the received copy beside it.
    """
    kept = _kept(tmp_path_factory)

    def build_(extracts: Path, *options: str, expect: int = 0) -> Path:
        folder = tmp_path_factory.mktemp("warehouse")
        if expect or "INTROSTAT_MAPPINGS" in os.environ:  # what it is built from is not all here
            return _built(extracts, folder, *options, expect=expect)

        def make(house: Path) -> None:
            _received(extracts, kept, house / "introstat.received")
            _built(extracts, house, *options)

        _copy_of(make, kept / _content(extracts, *options), folder)
        return folder / "introstat.duckdb"

    return build_


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function that builds some models of extracts, with what they are made of.

    No data tests: for tests that read a few tables and are no tests of building.
    """

    kept = _kept(tmp_path_factory)

    def models_(extracts: Path, *chosen: str, as_of: str = "") -> Path:
        folder = tmp_path_factory.mktemp("models")
        warehouse = folder / "introstat.duckdb"
        received = warehouse.with_suffix(".received")
        _received(extracts, kept, received)
        words = ["build", "--exclude-resource-type=unit_test", "--exclude-resource-type=test"]
        words += ["--select", " ".join(f"+{name}" for name in chosen)]
        words += ["--vars", f"{{as_of: '{as_of}'}}"] if as_of else []
        dbt = run_dbt(words, warehouse, received, folder / "target", lambda *_: None)
        assert dbt.exit_code == 0, dbt.errors or dbt.noise
        return warehouse

    return models_


def _kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all workers of a test run share."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "kept"


def _copy_of(make: Callable[[Path], None], place: Path, folder: Path) -> None:
    """Copy to `folder` what `make` makes of an empty one, once a test run for each `place`."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "whole").exists():
            shutil.rmtree(place / "made", ignore_errors=True)
            (place / "made").mkdir()
            make(place / "made")
            (place / "whole").touch()
    shutil.copytree(place / "made", folder, dirs_exist_ok=True)


def receive_here(extracts: Path, received: Path) -> None:
    """Receive extracts with the session's key, all of them, in this process.

    A command of its own would import Great Expectations anew each time.
    """
    assert receive(extracts, received, Pseudonymiser(KEY)).refused == []


def _received(extracts: Path, kept: Path, received: Path) -> None:
    """Copy the received copy of extracts, which is made once a test run."""

    def make(place: Path) -> None:
        receive_here(extracts, place)

    assert "INTROSTAT_MAPPINGS" not in os.environ  # what is received is not all in the extracts
    _copy_of(make, kept / f"received-{_content(extracts)}", received)


def _built(extracts: Path, folder: Path, *options: str, expect: int = 0) -> Path:
    warehouse = folder / "introstat.duckdb"
    done = run("build", "--extracts", extracts, "--warehouse", warehouse, *options)
    assert done.returncode == expect, done.stderr
    return warehouse


def _content(extracts: Path, *options: str) -> str:
    """A name for extracts and options: of the same names, bytes and words, the same."""
    digest = hashlib.sha256(repr(options).encode())
    for path in sorted(path for path in extracts.rglob("*") if path.is_file()):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(
            f"{path.relative_to(extracts)!s}\0{content}\n".encode(errors="surrogateescape")
        )
    return digest.hexdigest()


@pytest.fixture(scope="session")
def generated_extracts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    extracts = tmp_path_factory.mktemp("generated") / "extracts"
    generate(extracts, 600, 2017, 2015, 2018)
    return extracts


@pytest.fixture(scope="session")
def generated_warehouse(generated_extracts: Path, build: Callable[..., Path]) -> Path:
    return build(generated_extracts)


def rows(warehouse: Path, query: str) -> list[tuple]:
    """Return what a query gives on a warehouse opened for reading, with names of every layer."""
    with open_warehouse(warehouse) as connection:
        return connection.execute(query).fetchall()
