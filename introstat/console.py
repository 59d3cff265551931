"""What commands have in common: the option --warehouse, wide tables, lines printed as they are."""

from pathlib import Path

import click
from rich.console import Console

from introstat import places, written

warehouse_option = click.option(
    "--warehouse",
    type=click.Path(dir_okay=False, resolve_path=True, path_type=Path),
    default=places.default_warehouse,
    help="The DuckDB file to read. Default: $INTROSTAT_WAREHOUSE or data/introstat.duckdb.",
)


def wide_console(columns: int) -> Console:
    """Return a console of at least so many columns, also where the output is no terminal."""
    console = Console(highlight=False)
    console.width = max(console.width, columns)
    return console


def say(console: Console, text: str) -> None:
    """Print a text as it is: no colours, no markup, no line breaks of the console's own."""
    console.print(text, highlight=False, soft_wrap=True, markup=False)


def thousands(number: int) -> str:
    """Return a whole number as a table on the screen has it, with plain spaces: 20 000."""
    return written.number(number).replace(written.NO_BREAK, " ")
