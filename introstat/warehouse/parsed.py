"""The parsed project, kept between builds.

dbt parses anew whenever the profile changes, and every build, vintage and release has a file and a
folder of its own. Nothing that is parsed depends on more than the name of that file, though: so dbt
parses (only what changed) with a profile that stays, and builds with the result.
"""

import fcntl
import hashlib
import os
import shutil
from pathlib import Path

from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from introstat.places import WAREHOUSE_VARIABLE, project_root
from introstat.warehouse.opening import KEY_FILE_VARIABLE

# What models and profiles.yml read from the environment, and what of it they keep.
_PROTECTED_VARIABLE = "INTROSTAT_PROTECTED"
# So many names of files and values of vars are kept at a time; each takes some MB.
_KEPT = 8


def parsed_project(variables: str) -> Manifest | None:
    """Return the project as dbt parses it with these vars (YAML), or None where dbt must do it.

    That is where it cannot be parsed, which dbt then tells, and where nothing can be written.
    """
    catalog = Path(os.environ[WAREHOUSE_VARIABLE]).stem
    kept = project_root() / "target" / "parsed"
    settings = (
        catalog,
        variables,
        bool(os.environ.get(KEY_FILE_VARIABLE)),
        os.environ.get(_PROTECTED_VARIABLE),
    )
    folder = kept / hashlib.sha256(repr(settings).encode()).hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (kept / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            manifest = _parse(folder, catalog, variables)
            folder.touch()
            _forget_oldest(kept)
    except OSError:
        return None
    return manifest


def _parse(folder: Path, catalog: str, variables: str) -> Manifest | None:
    warehouse = os.environ[WAREHOUSE_VARIABLE]
    os.environ[WAREHOUSE_VARIABLE] = f"{catalog}.duckdb"
    try:
        done = dbtRunner().invoke([
            "parse", "--quiet", "--no-write-json", "--log-level=none", "--log-level-file=none",
            "--vars", variables,
            "--target-path", str(folder),
            "--project-dir", str(project_root()),
            "--profiles-dir", str(project_root()),
        ])  # fmt: skip
    finally:
        os.environ[WAREHOUSE_VARIABLE] = warehouse
    return done.result if isinstance(done.result, Manifest) else None


def _forget_oldest(kept: Path) -> None:
    folders = sorted(
        (path for path in kept.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime
    )
    for folder in folders[:-_KEPT]:
        shutil.rmtree(folder)
