"""The command `introstat diff`."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich import box
from rich.console import Console
from rich.table import Table

from introstat import places
from introstat.console import say, thousands, wide_console
from introstat.errors import UserError
from introstat.locking import locked, workshop
from introstat.progress import shown

if TYPE_CHECKING:
    from introstat.vintages.changes import Changes

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("diff")
@click.option("--from", "from_", required=True, type=_DAY, help="The earlier vintage's as_of.")
@click.option("--to", required=True, type=_DAY, help="The later vintage's as_of.")
@click.option(
    "--received",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the received copy. Default: beside the default warehouse.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every changed row to this CSV: fact, reason, municipality, key, old and new values."
    " It holds pseudonyms and must not leave the office.",
)
def diff_command(from_: datetime, to: datetime, received: Path | None, out: Path | None) -> None:
    """Build the facts as they were known on two days, and compare them row by row.

    The table counts, for each fact, rows then and now and the rows that changed, by reason: new
    (happened after the earlier vintage), late (had happened, registered later), corrected,
    removed, reopened, or elsewhere (follows from other rows). How a reason is found is in
    docs/operations.md.

    Exit code 0: compared. 1: a vintage could not be built. 2: bad input.

    \b
    Example:
      introstat diff --from 2018-01-21 --to 2018-07-21 --out changes.csv
    """
    from introstat.vintages.changes import REASONS, compare
    from introstat.warehouse.build import expect_register

    if from_ >= to:
        raise UserError(f"--from {from_.date()} is not before --to {to.date()}: swap the two days.")
    if out and not out.parent.is_dir():
        raise UserError(f"--out {out}: there is no folder {out.parent}. Make it or name another.")
    folder = (received or places.received_beside(places.default_warehouse())).resolve()
    expect_register(folder, from_.date())
    console = Console(stderr=True)
    # In the received copy's folder: as much room, and the same protection, as the data has now.
    with (
        locked(folder / ".comparison.lock", "another comparison of this received copy"),
        workshop(folder, ".comparison-") as place,
    ):
        before, after = (_built(place, folder, day.date(), console) for day in (from_, to))
        with shown(console, "Comparing") as tell:
            changes = compare(before, after, out, tell)
    output = wide_console(110)
    output.print(_table(changes))
    for reason, meaning in REASONS.items():
        say(output, f"{reason}: {meaning}")
    if out:
        say(output, f"Every changed row: {out}")


def _built(place: Path, received: Path, as_of: date, console: Console) -> Path:
    from introstat.warehouse.build import build_vintage

    path = place / f"vintage_{as_of:%Y%m%d}.duckdb"
    with shown(console, f"Building {as_of}") as tell:
        build_vintage(path, received, as_of, tell)
    return path


def _table(changes: "Changes") -> Table:
    from introstat.vintages.changes import REASONS

    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("Fact")
    for name in ("Then", "Now", *(reason.capitalize() for reason in REASONS)):
        table.add_column(name, justify="right")
    for fact, (then, now) in changes.rows.items():
        counts = (changes.changed.get((fact, reason), 0) for reason in REASONS)
        table.add_row(fact, *(thousands(count) for count in (then, now, *counts)))
    return table
