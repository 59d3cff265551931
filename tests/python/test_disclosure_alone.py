"""introstat/disclosure as a package of its own: built, unpacked, and run where no other part is."""

import re
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any
from zipfile import ZipFile

import pytest
from conftest import ROOT
from test_imports import imported

FOLDER = ROOT / "introstat" / "disclosure"
BUILD = "from hatchling.build import build_wheel; build_wheel('wheel')"
# Differs from run to run, and with a policy that somebody decides.
VARYING = re.compile(r"[0-9]+\.[0-9] s, policy [0-9a-f]{12}")


def project(folder: Path) -> dict[str, Any]:
    described: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    return described


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment whose `python` has the package, what it rests on, and no other introstat."""
    home = tmp_path_factory.mktemp("alone")
    copytree(FOLDER, home / "source", ignore=ignore_patterns("__pycache__"))
    building = [sys.executable, "-c", BUILD]
    subprocess.run(building, cwd=home / "source", check=True, capture_output=True)
    [wheel] = (home / "source" / "wheel").glob("introstat_disclosure-*.whl")
    ZipFile(wheel).extractall(home / "installed")
    (home / "bin").mkdir()
    python = home / "bin" / "python"
    # Without `site` nothing that is installed for development is found.
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
    python.chmod(0o755)
    packages = dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib"))
    return {
        "PATH": f"{python.parent}:/usr/bin:/bin",
        "PYTHONPATH": ":".join([str(home / "installed"), *packages]),
        "COLUMNS": "200",
    }


def sh(commands: str, place: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", commands],
        cwd=place,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def test_the_readme_does_what_it_says_where_the_rest_of_introstat_is_not(alone, tmp_path):
    done = sh("python -c 'import introstat.errors'", tmp_path, alone)
    assert "No module named 'introstat.errors'" in done.stdout
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```(sh|text)\n(.*?)```", text, re.DOTALL)
    said = None
    compared = 0
    for kind, content in blocks:
        if kind == "sh":
            assert not said, f"the README shows no output of these commands: {said}"
            done = sh(content, tmp_path, alone)
            assert done.returncode == 0, done.stdout
            said = VARYING.sub("…", done.stdout)
        else:
            assert said == VARYING.sub("…", content)
            said, compared = None, compared + 1
    assert compared == 4


def test_alone_it_refuses_as_it_does_in_introstat(alone, tmp_path):
    """Exit code 2 for bad input, 3 where a table cannot be made safe; never a traceback."""
    (tmp_path / "counts.csv").write_text("region,sex,n\nA,m,3\nA,f,1\n")
    (tmp_path / "bad.csv").write_text("region,sex,n\nA,m,many\n")
    for file, more, code, message in (
        ("bad.csv", "", 2, "row 2: region=A, sex=m: 'many'"),
        ("counts.csv", "", 3, "leaves these cells a doubt of 3 persons"),
        ("counts.csv", "--report none/report.json --method round", 2, "none/report.json: No such"),
    ):
        options = f"--in {file} --count n --dims region,sex --out out.csv {more}"
        done = sh(f"python -m introstat.disclosure protect {options}", tmp_path, alone)
        assert (done.returncode, "Traceback" in done.stdout) == (code, False), done.stdout
        assert message in done.stdout
        assert not (tmp_path / "out.csv").exists()


def test_it_is_described_as_the_whole_is_and_names_all_it_imports():
    own, whole = project(FOLDER), project(ROOT)
    for name in ("version", "license", "requires-python"):
        assert own[name] == whole[name], name
    assert set(own["dependencies"]) <= set(whole["dependencies"])
    assert (FOLDER / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    names = {re.split("[^a-z]", dependency)[0] for dependency in own["dependencies"]}
    found = {name.split(".")[0] for path in FOLDER.glob("*.py") for name in imported(path)}
    used = found - set(sys.stdlib_module_names) - {"introstat"}
    # pandas only turns back what a caller brought as pandas.
    assert used - {"pandas"} == (names - {"pyyaml"}) | {"yaml"}
