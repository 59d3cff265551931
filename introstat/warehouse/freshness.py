"""Whether a build would make again the warehouse that is there.

Beside the file, `.<its name>.built` keeps a checksum of each thing it was built from, and of the
file itself. A build of 250 000 persons takes two minutes; reading its file again takes seconds.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from datetime import date
from importlib.metadata import version
from pathlib import Path

from introstat.locking import write_whole
from introstat.places import project_root
from introstat.receipt.receipts import receipt_paths
from introstat.warehouse.opening import KEY_FILE_VARIABLE

# What of the project a build is made from; the rest of tests/ is for pytest.
PROJECT = (
    "dbt_project.yml", "profiles.yml", "selectors.yml", "models", "macros", "seeds", "packages",
    "tests/generic", "tests/singular",
)  # fmt: skip
_PACKAGES = ("dbt-core", "dbt-duckdb", "duckdb")
_WHY = {
    "receipts": "other deliveries have been received since",
    "project": "models, macros or seeds have changed since, or dbt and DuckDB have",
    "settings": "it was built with other settings",
    "file": "the file has been changed since it was built",
}


def built_from(received: Path, as_of: date | None) -> dict[str, str]:
    """Return the checksums of all that a build would be made from now, by what it is.

    Raises OSError if a file cannot be read.
    """
    root = project_root()
    parts = [root / name for name in PROJECT]
    files = [path for part in parts for path in (part, *part.rglob("*")) if path.is_file()]
    settings = f"{as_of}\n{bool(os.environ.get(KEY_FILE_VARIABLE))}"
    return {
        "receipts": _checksum_of(receipt_paths(received), received),
        "project": _checksum_of(files, root, *(f"{name} {version(name)}" for name in _PACKAGES)),
        "settings": hashlib.sha256(settings.encode()).hexdigest(),
    }


def why_rebuild(warehouse: Path, received: Path, as_of: date | None) -> str | None:
    """Return in a few words why a warehouse has to be built anew, None if it need not be.

    Raises OSError if a file cannot be read.
    """
    try:
        before = json.loads(_record(warehouse).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        before = None
    if not isinstance(before, dict) or before.keys() != _WHY.keys():
        return "it was built by an earlier version of introstat, or was moved here"
    if warehouse.with_name(f"{warehouse.name}.wal").exists():
        return _WHY["file"]
    now = built_from(received, as_of) | {"file": _file_checksum(warehouse)}
    return next((_WHY[name] for name in now if now[name] != before[name]), None)


def record_built(warehouse: Path, sources: dict[str, str]) -> None:
    """Keep beside a warehouse file what it was built from, and the file's own checksum."""
    whole = sources | {"file": _file_checksum(warehouse)}
    write_whole(_record(warehouse), json.dumps(whole, indent=2).encode())


def _record(warehouse: Path) -> Path:
    return warehouse.with_name(f".{warehouse.name}.built")


def _checksum_of(paths: Iterable[Path], root: Path, *more: str) -> str:
    lines = [f"{path.relative_to(root)} {_file_checksum(path)}" for path in sorted(paths)]
    return hashlib.sha256("\n".join([*lines, *more]).encode(errors="surrogateescape")).hexdigest()


def _file_checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, hashlib.blake2b).hexdigest()
