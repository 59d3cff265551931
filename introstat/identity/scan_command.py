"""The command `introstat scan`."""

from pathlib import Path

import click
from rich.console import Console

from introstat.errors import EXIT_REFUSED, UserError
from introstat.progress import shown


@click.command("scan")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--numbers-from",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Look for the numbers in this folder of extracts, wherever they stand, and no others.",
)
def scan_command(paths: tuple[Path, ...], numbers_from: Path | None) -> None:
    """Look for identity numbers in files and folders: text, gzip, zip, Parquet, DuckDB, anything.

    Without --numbers-from every run of exactly eleven digits that is a valid number counts, and
    one in three hundred numbers of eleven digits is valid by chance. Files are named, numbers
    never.

    A file that cannot be read to its end (cut off, broken, encrypted) is named, its bytes are
    looked at as they are, and the scan goes on. Workbooks and other zip files are unpacked.

    Exit code 0: none found. 2: bad input, or none found but a file could not be read. 3: found, in
    the files named, whether or not other files could be read.

    \b
    Example:
      introstat scan data/ target/ logs/ --numbers-from extracts/
    """
    from introstat.identity.scan import numbers_of, scan

    console = Console(stderr=True)
    known = None
    unread: dict[Path, str] = {}
    if numbers_from:
        known = numbers_of(numbers_from, unread.__setitem__)
        if not known and unread:
            _print_unread(unread, console)
        if not known:
            raise UserError(f"There is no identity number in {numbers_from}. Name the extracts.")
    with shown(console, "Scanning") as tell:
        found = scan(list(paths), known, tell, unread.__setitem__)
    for path, number in found.items():
        click.echo(f"{path}: {number} identity numbers")
    _print_unread(unread, console)
    if found:
        raise SystemExit(EXIT_REFUSED)
    if unread:
        raise UserError(
            f"No identity number found in what could be read, but {len(unread)} files could not "
            "be read to their end. Mend them and scan again."
        )
    click.echo("No identity number found.")


def _print_unread(unread: dict[Path, str], console: Console) -> None:
    for path, advice in unread.items():
        console.print(
            f"Unreadable: {path}: cannot be read to its end. {advice}",
            highlight=False,
            soft_wrap=True,
            markup=False,
        )
