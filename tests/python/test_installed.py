"""introstat as it is installed outside its checkout: the wheel, and every command from it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import Distribution, PackageNotFoundError
from pathlib import Path
from zipfile import ZipFile

import pyarrow.parquet as pq
import pytest
import yaml
from conftest import KEY, ROOT, run

from introstat import extras, places
from introstat.cli import _COMMANDS
from introstat.release.manifest import code_version
from introstat.warehouse import freshness
from tests.pythons import pythons

BUILD = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
SUPPORTED = ("3.11", "3.12", "3.13")
HERE = "{}.{}".format(*sys.version_info)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-c", BUILD, folder], cwd=ROOT, check=True)
    [path] = folder.glob("introstat-*.whl")
    return path


def versioned(*folders: str) -> set[str]:
    """The files of folders that git knows, or would if they were added."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *folders],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return {name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()}


def test_the_wheel_holds_all_code_and_the_whole_dbt_project(wheel):
    project = (*freshness.PROJECT, "analyses", "mappings")
    expected = versioned("introstat")
    expected |= {f"introstat/project/{name}" for name in versioned(*project)}
    with ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if not name.startswith("introstat-")}
    assert found == expected
    assert len(expected) > 600


def test_every_folder_that_dbt_reads_is_in_the_wheel(wheel):
    described = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    read = {
        folder for key, folders in described.items() if key.endswith("-paths") for folder in folders
    }
    assert len(read) > 4
    with ZipFile(wheel) as archive:
        names = archive.namelist()
    for folder in read:
        assert any(name.startswith(f"introstat/project/{folder}/") for name in names), folder


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that lies in no checkout; the current folder is another."""
    package = tmp_path / "site-packages" / "introstat"
    project(package / "project")
    (tmp_path / "office").mkdir()
    monkeypatch.setattr(places, "_PACKAGE", package)
    monkeypatch.chdir(tmp_path / "office")
    return package


def project(folder: Path, name: str = "introstat") -> Path:
    folder.mkdir(parents=True)
    (folder / "dbt_project.yml").write_text(f"# Its name:\nname: {name}\n")
    (folder / "mappings").mkdir()
    return folder


def test_outside_a_checkout_the_packages_project_is_read_and_the_current_folder_written(installed):
    assert places.project_root() == installed / "project"
    assert places.default_warehouse() == Path.cwd() / "data" / "introstat.duckdb"
    assert places.mappings_folder() == installed / "project" / "mappings"
    Path("mappings").mkdir()
    assert places.mappings_folder() == Path.cwd() / "mappings"


def test_a_checkout_that_one_stands_in_is_used_and_no_other_dbt_project(installed, monkeypatch):
    checkout = project(Path("checkout").resolve())
    (checkout / "models" / "marts").mkdir(parents=True)
    project(checkout / "others", "others")
    for folder in (checkout, checkout / "models" / "marts", checkout / "others"):
        monkeypatch.chdir(folder)
        assert places.project_root() == checkout
        assert places.default_warehouse() == checkout / "data" / "introstat.duckdb"
    # A package that is installed from its checkout finds that one from everywhere.
    monkeypatch.chdir(installed)
    project(installed.parent / "x").rename(installed.parent / "more")
    shutil.copy(checkout / "dbt_project.yml", installed.parent)
    assert places.project_root() == installed.parent


def test_a_package_is_not_told_by_the_commit_of_a_repository_around_it(installed):
    subprocess.run(["git", "init", "--quiet", installed.parents[1]], check=True)
    assert re.fullmatch(r"\d+\.\d+\.\d+", code_version())


@pytest.mark.parametrize(
    ("package", "extra", "command"),
    [
        ("typst", "release", ("release", "2017H2", "--kind", "preliminary")),
        ("duckdb-extension-httpfs", "encryption", ("build", "--extracts", ".", "--warehouse", "w")),
    ],
)
def test_what_lacks_an_extra_says_which_before_anything_is_done(
    package, extra, command, tmp_path, monkeypatch
):
    def distribution(name: str) -> Distribution:
        if name == package:
            raise PackageNotFoundError(name)
        return Distribution.from_name(name)

    monkeypatch.setattr(extras, "distribution", distribution)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "warehouse.key").write_text("a key of the warehouse")
    done = run(*command, INTROSTAT_WAREHOUSE_KEY_FILE="warehouse.key")
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert re.search(rf"needs {package}, .*pip install 'introstat\[{extra}\]'\.$", line)
    assert not list(tmp_path.rglob("receipt.json"))


def test_an_extension_of_another_duckdb_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("duckdb.__version__", "1.0.0")
    (tmp_path / "warehouse.key").write_text("a key of the warehouse")
    done = run(
        "build", "--extracts", tmp_path, "--warehouse", tmp_path / "w",
        INTROSTAT_WAREHOUSE_KEY_FILE=str(tmp_path / "warehouse.key"),
    )  # fmt: skip
    assert done.returncode == 2
    assert "httpfs for DuckDB 1.0.0" in done.stderr


class Environment:
    """An environment of its own with the wheel and its extras, and a folder to work in."""

    def __init__(
        self, home: Path, outside: Path, wheel: Path, extras: str = "", more: Sequence[str] = ()
    ) -> None:
        self.python = home / "environment" / "bin" / "python"
        self.office = home / "office"
        self.office.mkdir(parents=True)
        self._sh(outside, "-m", "venv", home / "environment")
        self._sh(self.python, "-m", "pip", "install", "--quiet", f"{wheel}{extras}")
        if more:  # perhaps another version than the package asks for
            self._sh(self.python, "-m", "pip", "install", "--quiet", *more)
        (self.office / "key").write_text(KEY.hex())

    def run(self, *arguments: str | Path, code: int = 0) -> str:
        """Run introstat, expect its exit code and no traceback, and return what it said."""
        return self._sh(self.python.with_name("introstat"), *arguments, code=code)

    def execute(self, *arguments: str | Path) -> str:
        """Run Python, expect no fault, and return what it said."""
        return self._sh(self.python, *arguments)

    def project(self) -> dict[str, str]:
        """The files of the installed project, and when they were changed."""
        [folder] = self.python.parents[1].glob("lib/*/site-packages/introstat/project")
        return {
            str(path.relative_to(folder)): str(path.stat().st_mtime_ns)
            for path in folder.rglob("*")
        }

    def _sh(self, *command: str | Path, code: int = 0) -> str:
        # Nothing of the environment that the tests run in.
        done = subprocess.run(
            list(map(str, command)), cwd=self.office, capture_output=True, text=True, check=False,
            env={
                name: os.environ[name]
                for name in os.environ
                if not name.startswith(("INTROSTAT", "PYTHON", "VIRTUAL", "PYTEST"))
            } | {"INTROSTAT_KEY_FILE": "key"},
        )  # fmt: skip
        said = done.stdout + done.stderr
        assert done.returncode == code, f"{command}: {done.returncode}\n{said}"
        assert "Traceback" not in said
        return said


@pytest.mark.slow
@pytest.mark.parametrize("version", [each for each in SUPPORTED if each in pythons()])
def test_in_a_clean_environment_every_command_works(version, wheel, tmp_path):
    clean = Environment(tmp_path, pythons()[version], wheel, "[release]")
    before = clean.project()
    for command in _COMMANDS:
        assert "Usage: introstat" in clean.run(command, "--help")
    clean.run("synth", "--out", "extracts", "--persons", "300", "--seed", "2017")
    clean.run("receive", "extracts", "--synthetic", "tenor")
    assert "Built" in clean.run("build", "--extracts", "extracts", "--synthetic", "tenor")
    assert (clean.office / "data" / "introstat.duckdb").is_file()
    assert "Direct %" in clean.run("summary")
    clean.run("status")
    clean.run("deliveries")
    clean.run("overview", "--out", "overview")
    clean.run("lists", "0301", "--out", "lists")
    policy = (ROOT / "introstat" / "disclosure" / "policy.yml").read_text(encoding="utf-8")
    decided = re.sub("^decided_by: .*", "decided_by: nobody", policy, flags=re.MULTILINE)
    (clean.office / "policy.yml").write_text(decided)
    clean.run("release", "2017H2", "--kind", "preliminary", "--policy", "policy.yml")
    assert "the audit passes" in clean.run("verify", "utdata/2017H2_v1")
    clean.run("site", "--releases", "utdata", "--out", "site")
    assert (clean.office / "site" / "index.html").is_file()
    (clean.office / "counts.csv").write_text("region,sex,n\nA,m,30\nA,f,31\nB,m,25\nB,f,2\n")
    words = ("--in", "counts.csv", "--count", "n", "--dims", "region,sex", "--out", "out.csv")
    clean.run("protect", *words, "--method", "round")
    clean.run("mapping", "check", "kommunalt-fagsystem")
    clean.run("scan", "utdata")
    assert clean.project() == before
    # An outsider has the folder of the release and nothing else.
    bare = Environment(tmp_path / "outsider", pythons()[version], wheel)
    shutil.copytree(clean.office / "utdata", bare.office / "utdata")
    assert "agree" in bare.run("verify", "utdata/2017H2_v1", "--without-audit")
    said = bare.run("release", "2017H2", "--kind", "preliminary", code=2)
    assert "pip install 'introstat[release]'" in said
    bare.run("site", "--releases", "utdata", "--out", "site")


MARTS_AS_FILES = """
import sys, duckdb
warehouse = duckdb.connect(sys.argv[1], read_only=True)
marts = "select table_name from information_schema.tables where table_schema = 'main'"
for (name,) in warehouse.execute(marts).fetchall():
    warehouse.execute(f"copy (from {name} order by all) to '{sys.argv[2]}/{name}.parquet'")
print(duckdb.__version__)
"""


@pytest.mark.slow
def test_duckdb_2_builds_the_same_marts(wheel, generated_extracts, generated_warehouse, tmp_path):
    """Receipt's own tests pass there too; warnings would be seen by whoever runs a command."""
    more = ("duckdb==2.*", "hypothesis", "pytest")
    newer = Environment(tmp_path / "newer", pythons()[HERE], wheel, more=more)
    ours = tmp_path / "ours"
    for folder in (ours, newer.office / "marts"):
        folder.mkdir()
    extracts = ("--extracts", str(generated_extracts))
    said = newer.run("build", *extracts, "--warehouse", "w.duckdb")
    assert "UserWarning" not in said
    version = newer.execute("-c", MARTS_AS_FILES, "w.duckdb", "marts")
    assert version.startswith("2.")
    tests = [
        ROOT / "tests" / "python" / f"test_{name}.py" for name in ("receipt", "receipt_shapes")
    ]
    newer.execute(
        "-m", "pytest", "--quiet", "--rootdir", ROOT, "-c", ROOT / "pyproject.toml", *tests
    )
    newer.run("summary", "--warehouse", "w.duckdb")
    newer.run("lists", "0301", "--out", "lists", "--warehouse", "w.duckdb")
    subprocess.run([sys.executable, "-c", MARTS_AS_FILES, generated_warehouse, ours], check=True)
    names = {path.name for path in ours.iterdir()}
    assert len(names) > 20
    assert {path.name for path in (newer.office / "marts").iterdir()} == names
    for name in sorted(names):
        theirs = pq.read_table(newer.office / "marts" / name)
        assert theirs.to_pylist() == pq.read_table(ours / name).to_pylist(), name
