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
# As DuckDB reads it.
_SIZE = re.compile(r"(?=.*[1-9])[0-9]+(\.[0-9]+)? ?[KMGT]i?B", re.IGNORECASE)
# The layers of the warehouse, a schema each; the marts are in `main`. Names are unique across them.
SCHEMAS = (
    "main", "staging", "intermediate", "quality", "reports", "statistics", "publication", "seeds",
)  # fmt: skip
# DuckDB names a database by its file: no name that it keeps for itself, or that is a schema's.
_RESERVED_STEMS = {*SCHEMAS, "temp", "system", "memory", "information_schema", "pg_catalog"}


def project_root() -> Path:
    """Return the folder of dbt_project.yml: the checkout introstat is installed from, or this one.

    Raises UserError if neither is an introstat project.
    """
    for folder in (Path(introstat.__file__).resolve().parents[1], Path.cwd()):
        if (folder / "dbt_project.yml").is_file():
            return folder
    raise UserError(
        "No dbt_project.yml here. Install introstat from its checkout (`make setup`), "
        "or run the command in the checkout's root."
    )


def default_warehouse() -> Path:
    """Return the warehouse used when none is named: $INTROSTAT_WAREHOUSE or the project's own."""
    named = os.environ.get(WAREHOUSE_VARIABLE)
    return Path(named).resolve() if named else project_root() / "data" / "introstat.duckdb"


def received_beside(warehouse: Path) -> Path:
    """Return the folder of the received copy that belongs to a warehouse file.

    $INTROSTAT_RECEIVED, else the folder beside the file with its name and the ending .received: two
    warehouses never share deliveries by accident.
    """
    named = os.environ.get(RECEIVED_VARIABLE)
    return Path(named).resolve() if named else warehouse.resolve().with_suffix(".received")


def mappings_folder() -> Path:
    """Return the folder of reviewed mapping files: $INTROSTAT_MAPPINGS or the project's own."""
    named = os.environ.get(MAPPINGS_VARIABLE)
    return Path(named).resolve() if named else project_root() / "mappings"


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
