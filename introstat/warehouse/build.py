"""Building beside and moving into place: no reader is disturbed, a crash leaves the old file."""

import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

from introstat.errors import BuildFailed
from introstat.locking import locked
from introstat.warehouse.dbt import DbtRun, run_dbt
from introstat.warehouse.opening import open_warehouse, warehouse_key

_WORKSHOP_PREFIX = ".building-"


def build(
    warehouse: Path,
    received: Path,
    as_of: date | None,
    progress: Callable[[int, int, str], None] = lambda done, total, node: None,
) -> DbtRun:
    """Build the warehouse file from the received copy, as it was known on `as_of`.

    Models and data tests run on a new file in a folder beside; only when all is well is it moved
    into place, in one step. Raises BuildFailed with what dbt said, UserError if another build of
    the same file is running.
    """
    warehouse_key()  # one that cannot be read is told before anything is built
    warehouse = warehouse.resolve()
    warehouse.parent.mkdir(parents=True, exist_ok=True)
    with locked(warehouse.with_name(f".{warehouse.name}.lock"), "another build of this warehouse"):
        for leftover in warehouse.parent.glob(f"{_WORKSHOP_PREFIX}{warehouse.name}-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        workshop = Path(
            tempfile.mkdtemp(prefix=f"{_WORKSHOP_PREFIX}{warehouse.name}-", dir=warehouse.parent)
        )
        try:
            new = workshop / warehouse.name
            run = run_dbt(_arguments(as_of), new, received, workshop / "target", progress)
            if run.exit_code:
                raise BuildFailed(_why(run))
            _close(new)
            new.replace(warehouse)
            _sync(warehouse.parent)
        finally:
            shutil.rmtree(workshop, ignore_errors=True)
    return run


def _arguments(as_of: date | None) -> list[str]:
    # Unit tests check the definitions, not this delivery; `make test` runs them.
    arguments = ["build", "--exclude-resource-type", "unit_test"]
    return [*arguments, "--vars", f"{{as_of: '{as_of}'}}"] if as_of else arguments


def _why(run: DbtRun) -> str:
    lines = [line for error in run.errors for line in error.splitlines()]
    # dbt adds which macro called which; that is of no use to who reads this.
    told = [line for line in dict.fromkeys(lines) if not line.strip().startswith(">")]
    said = "\n".join(told) or "dbt gave no reason."
    return f"The warehouse was not built; what was there is untouched.\n{said}"


def _close(path: Path) -> None:
    with open_warehouse(path, read_only=False) as connection:
        connection.execute("checkpoint")
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
