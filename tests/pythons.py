"""The Pythons of this machine: those of the path, and pyenv's."""

import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

_NAMES = ("python3", "python3.11", "python3.12", "python3.13", "python3.14")
_VERSION = "import sys; print(*sys.version_info[:2], sep='.')"


@cache
def pythons() -> dict[str, Path]:
    """Return the Pythons from 3.11 on by their version: 3.12. The one that runs comes first."""
    of_pyenv = sorted((Path.home() / ".pyenv" / "versions").glob("3.1[1-9]*/bin/python"))
    found: dict[str, Path] = {}
    for each in (sys.executable, *map(str, of_pyenv), *_NAMES):
        if path := shutil.which(each):
            # A name of pyenv's that leads nowhere fails.
            done = subprocess.run([path, "-c", _VERSION], capture_output=True, text=True)
            if re.fullmatch(r"3\.1[1-9]\n", done.stdout):
                found.setdefault(done.stdout.strip(), Path(path))
    return found
