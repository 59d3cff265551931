"""Runs a tool on a release's folder: its environment is made when it is first needed, and kept."""

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.pythons import pythons

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parents[1] / ".venv-tools"


@dataclass(frozen=True)
class Tool:
    """A script beside this file, the packages that it needs, and whether Python 3.12 at least."""

    script: str
    packages: tuple[str, ...]
    needs_newer: bool = False


@dataclass(frozen=True)
class Done:
    """Whether a tool found no fault, and what it said."""

    passed: bool
    said: str


TOOLS = {
    "dapla-toolbelt-metadata": Tool(
        "in_datadoc.py", ("dapla-toolbelt-metadata==0.19.0", "pandas==3.1.1"), needs_newer=True
    ),
    "csvw": Tool("in_csvw.py", ("csvw==4.1.1",)),
    "pysdmx": Tool("in_sdmx.py", ("pysdmx[data,json]==1.21.0",)),
    "pyshacl": Tool("in_shacl.py", ("pyshacl==0.40.1",)),
    "pandas-pcaxis and pyaxis": Tool("in_px.py", ("pandas-pcaxis==0.2", "pyaxis==0.4.3")),
}


def run_tool(name: str, folder: Path) -> Done:
    """Run a tool on the files in a folder.

    Raises RuntimeError if its environment cannot be made.
    """
    tool = TOOLS[name]
    python = environment(name, tool.packages, tool.needs_newer) / "bin" / "python"
    done = subprocess.run(
        [python, HERE / tool.script, folder],
        capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": ""},
    )  # fmt: skip
    return Done(done.returncode == 0, (done.stdout + done.stderr).strip())


def environment(name: str, packages: tuple[str, ...], needs_newer: bool = False) -> Path:
    """Return a tool's environment, made anew if its packages are not those of before.

    Raises RuntimeError if it cannot be made.
    """
    key = hashlib.sha256(repr((packages, needs_newer)).encode()).hexdigest()[:10]
    home = ENVIRONMENTS / f"{name.partition(' ')[0]}-{key}"
    if not (home / ".ready").is_file():
        shutil.rmtree(home, ignore_errors=True)
        outside = _newer() if needs_newer else sys.executable
        _expect([outside, "-m", "venv", str(home)])
        _expect([str(home / "bin/python"), "-m", "pip", "install", "--quiet", *packages])
        (home / ".ready").touch()
    return home


def _newer() -> str:
    """A Python of 3.12 or newer."""
    for version, path in pythons().items():
        if version >= "3.12":
            return str(path)
    raise RuntimeError("Python 3.12 or newer is needed beside ours: python3.12 on the path.")


def _expect(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
