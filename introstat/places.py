"""Where things lie: the project, the warehouse, the received copy beside it, the key."""

import os
import re
from pathlib import Path

import introstat
from introstat.errors import UserError
from introstat.identity.numbers import tellable

WAREHOUSE_VARIABLE = "INTROSTAT_WAREHOUSE"
RECEIVED_VARIABLE = "INTROSTAT_RECEIVED"
MEMORY_VARIABLE = "INTROSTAT_MEMORY"
MAPPINGS_VARIABLE = "INTROSTAT_MAPPINGS"
_PACKAGE = Path(introstat.__file__).resolve().parent
# As DuckDB reads it.
_SIZE = re.compile(r"(?=.*[1-9])[0-9]+(\.[0-9]+)? ?[KMGT]i?B", re.IGNORECASE)
# The layers of the warehouse, a schema each; the marts are in `main`. Names are unique across them.
SCHEMAS = (
    "main", "staging", "intermediate", "quality", "reports", "statistics", "publication", "seeds",
)  # fmt: skip
# DuckDB names a database by its file: no name that it keeps for itself, or that is a schema's.
_RESERVED_STEMS = {*SCHEMAS, "temp", "system", "memory", "information_schema", "pg_catalog"}


def project_root() -> Path:
    """Return the folder of the dbt project: models, macros, seeds and mappings.

    A checkout if the current folder or one above it is one; else what introstat was installed from,
    a checkout or the package.
    """
    here = Path.cwd()
    for folder in (here, *here.parents, _PACKAGE.parent):
        if _is_project(folder):
            return folder
    return _PACKAGE / "project"


def default_warehouse() -> Path:
    """Return the warehouse used when none is named.

    $INTROSTAT_WAREHOUSE, else data/introstat.duckdb in the checkout, or in the current folder where
    none is.
    """
    named = os.environ.get(WAREHOUSE_VARIABLE)
    return Path(named).resolve() if named else _workplace() / "data" / "introstat.duckdb"


def _workplace() -> Path:
    """The checkout, else the current folder: nothing is written where a package lies."""
    root = project_root()
    return Path.cwd() if root == _PACKAGE / "project" else root


def _is_project(folder: Path) -> bool:
    """Whether a folder is introstat's dbt project, not another that lies on the way."""
    try:
        described = (folder / "dbt_project.yml").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
    return "\nname: introstat\n" in f"\n{described}"


def received_beside(warehouse: Path) -> Path:
    """Return the folder of the received copy that belongs to a warehouse file.

    $INTROSTAT_RECEIVED, else the folder beside the file with its name and the ending .received: two
    warehouses never share deliveries by accident.
    """
    named = os.environ.get(RECEIVED_VARIABLE)
    return Path(named).resolve() if named else warehouse.resolve().with_suffix(".received")


def mappings_folder() -> Path:
    """Return the folder of reviewed mapping files.

    $INTROSTAT_MAPPINGS, else mappings/ in the checkout or the current folder, else the package's.
    """
    named = os.environ.get(MAPPINGS_VARIABLE)
    own = _workplace() / "mappings"
    if named:
        return Path(named).resolve()
    return own if own.is_dir() else project_root() / "mappings"


def memory_limit() -> str:
    """Return how much memory DuckDB may use: $INTROSTAT_MEMORY, else 4GB as in profiles.yml.

    Raises UserError if the variable holds no size.
    """
    named = os.environ.get(MEMORY_VARIABLE) or "4GB"
    if not _SIZE.fullmatch(named):
        raise UserError(
            f"${MEMORY_VARIABLE} is {tellable(named)!r}, expected a size such as 4GB or 500MB. Set "
            "it to one, or unset it for 4GB."
        )
    return named


def usable_warehouse(warehouse: Path) -> Path:
    """Return the whole path of a warehouse file, or raise UserError if it cannot be one."""
    path = warehouse.resolve()
    if path.stem.lower() in _RESERVED_STEMS:
        raise UserError(
            f"A warehouse cannot be named {path.name}: that is a schema's name, or DuckDB's own."
        )
    return usable_folder(path)


def usable_folder(path: Path) -> Path:
    """Return a path that DuckDB is given, or raise UserError if it would read it as several."""
    if set("*?[]{},") & set(str(path)):
        raise UserError(
            f"The path {path} holds one of * ? [ ] {{ }} or a comma, which DuckDB reads as several "
            "paths. Choose another."
        )
    return path
