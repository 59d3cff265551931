"""The command `introstat overview`."""

from pathlib import Path

import click

from introstat.console import warehouse_option
from introstat.errors import UserError
from introstat.locking import write_whole


@click.command("overview")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder for the page, or its file name: one that ends in .html and says «intern».",
)
@warehouse_option
def overview_command(out: Path, warehouse: Path) -> None:
    """Write one HTML page: the rules against their limits, their development over half-years, how
    much is still to come, and the municipalities ranked.

    The figures are before disclosure control, so the page is for internal use: it says so on every
    page and in its name. It is readable by you only and asks for nothing outside itself.

    Exit code 0: written. 2: bad input; nothing is written.

    \b
    Examples:
      introstat overview --out overview/
      introstat overview --out mangler_intern.html --warehouse introstat.duckdb
    """
    from introstat.overview.page import TABLES, make_page
    from introstat.warehouse.reading import known_until, open_built

    is_file = out.suffix == ".html"
    if is_file and "intern" not in out.name.lower():
        raise UserError(
            f"{out.name} does not say that the page is internal. Name it so, e.g. "
            f"{out.stem}_intern.html, or give a folder."
        )
    with open_built(warehouse, *TABLES) as connection:
        page = make_page(connection)
        as_of, _, _ = known_until(connection)
    path = out if is_file else out / f"kompletthet_{as_of}_intern.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, page.encode(), is_private=True)
    click.echo(f"Wrote {path}", err=True)
