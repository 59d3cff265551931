"""Building beside and moving into place: no reader is disturbed, a crash leaves the old file."""

import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

from introstat.errors import BuildFailed
from introstat.locking import locked
from introstat.receipt import journal
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
                raise BuildFailed(
                    f"The warehouse was not built; what was there is untouched.\n{_why(run)}"
                )
            _close(new)
            as_of_built, deliveries = _vintage(new)
            new.replace(warehouse)
            _sync(warehouse.parent)
            journal.note(
                received,
                "built",
                warehouse=str(warehouse),
                as_of=as_of_built,
                deliveries=deliveries,
            )
        finally:
            shutil.rmtree(workshop, ignore_errors=True)
    return run


def build_vintage(
    path: Path,
    received: Path,
    as_of: date,
    progress: Callable[[int, int, str], None] = lambda done, total, node: None,
) -> None:
    """Build what was known on `as_of` into a new file of one's own, without the data tests.

    Raises BuildFailed with what dbt said.
    """
    with tempfile.TemporaryDirectory(prefix=f".{path.stem}-", dir=path.parent) as target:
        arguments = _arguments(as_of, "test")
        run = run_dbt(arguments, path, received, Path(target), progress)
    if run.exit_code:
        raise BuildFailed(f"The vintage of {as_of} was not built.\n{_why(run)}")


def _arguments(as_of: date | None, *left_out: str) -> list[str]:
    # Unit tests check the definitions, not this delivery; `make test` runs them.
    excluded = [f"--exclude-resource-type={kind}" for kind in ("unit_test", *left_out)]
    as_of_var = ["--vars", f"{{as_of: '{as_of}'}}"] if as_of else []
    return ["build", *excluded, *as_of_var]


def _why(run: DbtRun) -> str:
    lines = [line for error in run.errors for line in error.splitlines()]
    # dbt adds which macro called which; that is of no use to who reads this.
    told = [line for line in dict.fromkeys(lines) if not line.strip().startswith(">")]
    return "\n".join(told) or "dbt gave no reason."


def _vintage(path: Path) -> tuple[str, list[str]]:
    """The finished file's as_of and the deliveries it was built from."""
    with open_warehouse(path) as connection:
        used = connection.execute(
            "select distinct as_of::varchar, source || '/' || delivered::varchar "
            "from stg_receipt__files where is_used order by all"
        ).fetchall()
    return used[0][0], [name for _, name in used]


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
