"""The command `introstat build`."""

from datetime import date, datetime
from pathlib import Path

import click
from rich.console import Console

from introstat import places
from introstat.console import say
from introstat.errors import EXIT_REFUSED
from introstat.progress import shown
from introstat.receipt.command import key_option, receive_with_progress, synthetic_option


@click.command("build")
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
@click.option("--whole", is_flag=True, help="Build also where nothing has changed since.")
@key_option
@synthetic_option
def build_command(
    extracts: Path,
    warehouse: Path | None,
    as_of: datetime | None,
    received: Path | None,
    whole: bool,
    key_file: Path | None,
    synthetic: frozenset[str],
) -> None:
    """Receive the deliveries that are new and build the warehouse of facts from all received.

    The whole warehouse is built beside the old file and moved into its place when every model and
    test has passed, so readers are never disturbed. If a delivery is refused the warehouse is built
    without it, from what was received before. Where deliveries, models and settings are those that
    the file was built from, and the file is as it was built, there is nothing to do: --whole builds
    all the same.

    Exit code 0: built, or nothing to do. 1: not built, the old file is untouched. 2: bad input.
    3: built, but a delivery was refused.

    \b
    Example:
      introstat build --extracts extracts/ --warehouse introstat.duckdb --as-of 2018-01-21
    """
    from introstat.warehouse.build import build_folder
    from introstat.warehouse.freshness import why_rebuild

    console = Console(stderr=True)
    target = places.usable_warehouse(warehouse or places.default_warehouse())
    copy = (received or places.received_beside(target)).resolve()
    day = as_of.date() if as_of else None
    with build_folder(target) as folder:
        outcome = receive_with_progress(extracts, copy, key_file, console, synthetic)
        why = why_rebuild(target, copy, day) if target.exists() else ""
        if why is None and not whole:
            say(console, f"{target} stands: nothing has changed since it was built. See --whole.")
        else:
            if why:
                say(console, f"{target} is built anew: {why}.")
            _build(target, folder, copy, day, console)
    if outcome.refused:
        raise SystemExit(EXIT_REFUSED)


def _build(
    warehouse: Path, folder: Path, received: Path, as_of: date | None, console: Console
) -> None:
    from introstat.warehouse.build import build

    with shown(console, "Building") as tell:
        run = build(warehouse, folder, received, as_of, tell)
    for warning in run.warnings:
        say(console, f"Warning: {warning}")
    if run.over_limits:
        say(
            console,
            f"Warning: completeness rules over a limit: {', '.join(run.over_limits)}. "
            "What they found: introstat status --help",
        )
    say(console, f"Built {warehouse}")
