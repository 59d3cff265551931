"""Building beside and moving into place: no reader is disturbed, a crash leaves the old file."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from introstat.errors import BuildFailed, UserError
from introstat.locking import locked, move_into_place, workshop
from introstat.progress import Tell, silent
from introstat.receipt import journal
from introstat.receipt.receipts import receipt_paths
from introstat.warehouse.dbt import DbtRun, run_dbt
from introstat.warehouse.opening import KEY_FILE_VARIABLE, open_warehouse, warehouse_key
from introstat.warehouse.standing import built_from, note_built

# Without a delivery of it there is nothing to build facts of.
_REGISTER = "nir"


@dataclass(frozen=True)
class Site:
    """Where a warehouse file is built: its place, and a folder beside it for the work."""

    warehouse: Path
    folder: Path


@contextmanager
def building_site(warehouse: Path) -> Iterator[Site]:
    """Give a folder beside a warehouse file to build it anew in, and remove it afterwards.

    Raises UserError if another build of the same file is running, or what stands is no warehouse.
    """
    warehouse = warehouse.resolve()
    _expect_replaceable(warehouse)
    warehouse.parent.mkdir(parents=True, exist_ok=True)
    with (
        locked(warehouse.with_name(f".{warehouse.name}.lock"), "another build of this warehouse"),
        workshop(warehouse.parent, f".building-{warehouse.name}-") as folder,
    ):
        yield Site(warehouse, folder)


def build(site: Site, received: Path, as_of: date | None = None, progress: Tell = silent) -> DbtRun:
    """Build the warehouse file of a site from the received copy, as it was known on `as_of`.

    All models and data tests run on a new file; only when all is well is it moved into place, in
    one step.

    Raises BuildFailed with what dbt said, UserError if nothing of the register was known on that
    day.
    """
    if as_of:
        expect_register(received, as_of)
    # Before dbt reads it: what changes meanwhile is a reason to build again.
    account = built_from(received, as_of)
    # dbt names the database by the file's name, and writes that name into what it makes.
    new = site.folder / site.warehouse.name
    run = run_dbt(_arguments(as_of), new, received, site.folder / "target", progress)
    if run.exit_code:
        raise BuildFailed(f"The warehouse was not built; what was there is untouched.\n{_why(run)}")
    with open_warehouse(new, read_only=False) as connection:
        connection.execute("checkpoint")
    as_of_built, deliveries = _vintage(new)
    move_into_place(new, site.warehouse)
    note_built(site.warehouse, account)
    journal.note(
        received,
        "built",
        warehouse=str(site.warehouse),
        as_of=as_of_built,
        deliveries=deliveries,
    )
    return run


def _expect_replaceable(warehouse: Path) -> None:
    """Raise UserError if the file that stands is no warehouse, or one that this key does not open.

    An encrypted warehouse is never replaced by a plain one because a variable was not set.
    """
    key = warehouse_key()  # one that cannot be read is told before anything is built
    if not warehouse.exists():
        return
    try:
        open_warehouse(warehouse).close()
    except duckdb.Error:
        if key and _is_plain(warehouse):
            return
        raise UserError(
            f"{warehouse} is no DuckDB file, is being written to, or is encrypted with another key "
            f"than ${KEY_FILE_VARIABLE} names. Name its key, wait, or move it away."
        ) from None


def _is_plain(warehouse: Path) -> bool:
    try:
        duckdb.connect(str(warehouse), read_only=True).close()
    except duckdb.Error:
        return False
    return True


def build_vintage(
    path: Path,
    received: Path,
    as_of: date,
    progress: Tell = silent,
) -> None:
    """Build what was known on `as_of` into a new file of one's own, without the data tests.

    Raises BuildFailed with what dbt said.
    """
    with tempfile.TemporaryDirectory(prefix=f".{path.stem}-", dir=path.parent) as target:
        arguments = _arguments(as_of, "test")
        run = run_dbt(arguments, path, received, Path(target), progress)
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
    # dbt adds which macro called which; that is of no use to who reads this.
    told = [line for line in dict.fromkeys(said.splitlines()) if not line.strip().startswith(">")]
    return "\n".join(told) or "dbt gave no reason."


def _vintage(path: Path) -> tuple[str, list[str]]:
    """The finished file's as_of and the deliveries it was built from."""
    with open_warehouse(path) as connection:
        used = connection.execute(
            "select distinct as_of::varchar, source || '/' || delivered::varchar "
            "from staging.stg_receipt__files where is_used order by all"
        ).fetchall()
    return used[0][0], [name for _, name in used]
