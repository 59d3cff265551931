"""The command `introstat build`."""

from datetime import datetime
from pathlib import Path

import click
from rich.console import Console

from introstat import places
from introstat.errors import EXIT_REFUSED
from introstat.progress import shown
from introstat.receipt.command import key_option, receive_with_progress
from introstat.warehouse.build import build, building_site


@click.command("build", short_help="Receive what is new and build the warehouse.")
@click.option(
    "--extracts",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of deliveries, <source>/<date>/manifest.json.",
)
@click.option(
    "--warehouse",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The DuckDB file to build. Default: $INTROSTAT_WAREHOUSE or data/introstat.duckdb.",
)
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Build what was known on this day. Default: the newest delivery of any source.",
)
@click.option(
    "--received",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the received copy. Default: beside the warehouse, with the ending .received.",
)
@click.option("--whole", is_flag=True, help="Build all anew, also what has not changed.")
@key_option
def build_command(
    extracts: Path,
    warehouse: Path | None,
    as_of: datetime | None,
    received: Path | None,
    whole: bool,
    key_file: Path | None,
) -> None:
    """Receive the deliveries that are new and build the warehouse of facts from all received.

    The new file is built beside the old one and moved into place when every model and test has
    passed, so readers are never disturbed. What would come out as it stands in the old file is
    taken from there; --whole builds all anew. If a delivery is refused the warehouse is built
    without it, from what was received before.

    Exit code 0: built. 1: not built, the old file is untouched. 2: bad input. 3: built, but a
    delivery was refused.

    \b
    Example:
      introstat build --extracts extracts/ --warehouse introstat.duckdb --as-of 2018-01-21
    """
    console = Console(stderr=True)
    target = places.usable_warehouse(warehouse or places.default_warehouse())
    copy = received or places.received_beside(target)
    day = as_of.date() if as_of else None
    with building_site(target, copy.resolve(), day, whole=whole) as site:
        outcome = receive_with_progress(extracts, copy, key_file, console)
        with shown(console, "Building") as tell:
            run = build(site, tell)
    for warning in run.warnings:
        console.print(f"Warning: {warning}", highlight=False, soft_wrap=True, markup=False)
    if run.over_limits:
        console.print(
            f"Warning: completeness rules over a limit: {', '.join(run.over_limits)}. "
            "What they found: introstat status --help",
            highlight=False,
            soft_wrap=True,
            markup=False,
        )
    console.print(f"Built {target}", highlight=False, soft_wrap=True, markup=False)
    if outcome.refused:
        raise SystemExit(EXIT_REFUSED)
