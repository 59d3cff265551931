"""Building beside and moving into place: no reader is disturbed, a crash leaves the old file."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

import duckdb

from introstat.errors import BuildFailed, UserError
from introstat.locking import locked, move_into_place, workshop
from introstat.progress import Tell, silent
from introstat.receipt import journal
from introstat.receipt.receipts import receipt_paths
from introstat.warehouse.dbt import DbtRun, run_dbt
from introstat.warehouse.freshness import built_from, record_built
from introstat.warehouse.opening import (
    KEY_FILE_VARIABLE,
    cipher,
    open_warehouse,
    warehouse_key,
)

# Without a delivery of it there is nothing to build facts of.
_REGISTER = "nir"
# The as_of of a finished file, and the deliveries it was built from.
_USED = """
    select distinct as_of::varchar, source || '/' || delivered::varchar
    from staging.stg_receipt__files
    where is_used
    order by all
"""


@contextmanager
def build_folder(warehouse: Path) -> Iterator[Path]:
    """Give a folder beside a warehouse file to build it anew in, and remove it afterwards.

    Raises UserError if another build of the same file is running, or the file is no warehouse.
    """
    _expect_replaceable(warehouse)
    warehouse.parent.mkdir(parents=True, exist_ok=True)
    with (
        locked(warehouse.with_name(f".{warehouse.name}.lock"), "another build of this warehouse"),
        workshop(warehouse.parent, f".building-{warehouse.name}-") as folder,
    ):
        yield folder


def build(
    warehouse: Path, folder: Path, received: Path, as_of: date | None, progress: Tell = silent
) -> DbtRun:
    """Build a warehouse file in its build folder, as things were known on `as_of`.

    All models and data tests run on a new file; only when all is well is it moved into place, in
    one step. Raises BuildFailed with what dbt said, UserError if nothing of the register was known
    on that day.
    """
    if as_of:
        expect_register(received, as_of)
    # Before dbt reads it: what changes meanwhile is a reason to build again.
    sources = built_from(received, as_of)
    # dbt names the database by the file's name, and writes that name into what it makes.
    new = folder / warehouse.name
    run = run_dbt(_arguments(as_of), new, received, folder / "target", progress)
    if run.exit_code:
        raise BuildFailed(f"The warehouse was not built; what was there is untouched.\n{_why(run)}")
    with open_warehouse(new, read_only=False) as connection:
        connection.execute("checkpoint")
        used = connection.execute(_USED).fetchall()
    move_into_place(new, warehouse)
    record_built(warehouse, sources)
    deliveries = [name for _, name in used]
    journal.note(
        received, "built", warehouse=str(warehouse), as_of=used[0][0], deliveries=deliveries
    )
    return run


def _expect_replaceable(warehouse: Path) -> None:
    """Raise UserError if the file is no warehouse, or one that this key does not open.

    An encrypted warehouse is never replaced by a plain one because a variable was not set.
    """
    key = warehouse_key()  # one that cannot be read is told before anything is built
    if key:
        cipher()
    if not warehouse.exists():
        return
    try:
        open_warehouse(warehouse).close()
    except duckdb.Error:
        with suppress(duckdb.Error):
            if key:  # a plain file may be replaced by an encrypted one
                return duckdb.connect(str(warehouse), read_only=True).close()
        raise UserError(
            f"{warehouse} is no DuckDB file, is being written to, or is encrypted with another key "
            f"than ${KEY_FILE_VARIABLE} names. Name its key, wait, or move it away."
        ) from None


def build_vintage(path: Path, received: Path, as_of: date, progress: Tell = silent) -> None:
    """Build what was known on `as_of` into a new file of one's own, without the data tests.

    Raises BuildFailed with what dbt said.
    """
    target = path.with_suffix(".target")
    run = run_dbt(_arguments(as_of, "test"), path, received, target, progress)
    if run.exit_code:
        raise BuildFailed(f"The vintage of {as_of} was not built.\n{_why(run)}")


def expect_register(received: Path, as_of: date) -> None:
    """Raise UserError, with the earliest day there is, if no delivery of NIR was known on a day."""
    # The folder of a delivery is named by its date, so the first in order is the earliest.
    days = [path.parent.name for path in receipt_paths(received) if path.parts[-3] == _REGISTER]
    if days and days[0] > str(as_of):
        raise UserError(
            f"No delivery of {_REGISTER} was known on {as_of}: the earliest is {days[0]}. Choose "
            "that day or a later one."
        )


def _arguments(as_of: date | None, *left_out: str) -> list[str]:
    # Unit tests check the definitions, not this delivery; `make test` runs them.
    excluded = [f"--exclude-resource-type={kind}" for kind in ("unit_test", *left_out)]
    as_of_var = ["--vars", f"{{as_of: '{as_of}'}}"] if as_of else []
    return ["build", *excluded, *as_of_var]


def _why(run: DbtRun) -> str:
    said = "\n".join(run.errors or run.noise)
    if "No space left on device" in said or "No space left on device" in "\n".join(run.noise):
        return "The disk of the warehouse is full. Make room and build again."
    # dbt adds which macro called which; that is of no use to the reader.
    told = [line for line in dict.fromkeys(said.splitlines()) if not line.strip().startswith(">")]
    return "\n".join(told) or "dbt gave no reason."
