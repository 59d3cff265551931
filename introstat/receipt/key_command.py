"""The commands `introstat key new` and `introstat key rotate`."""

from pathlib import Path

import click
from rich.console import Console

from introstat import places
from introstat.errors import UserError
from introstat.locking import locked
from introstat.progress import shown
from introstat.receipt.command import key_option


@click.group("key")
def key_group() -> None:
    """Make a pseudonym key, or change the key of what was received.

    \b
    Example:
      introstat key new office-2027.key
      introstat key rotate --new-key-file office-2027.key --to data/rotated.received
    """


@key_group.command("new", short_help="Make a new key.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def new_command(file: Path) -> None:
    """Write a new key to FILE, which only its owner can read. Keep a copy of it elsewhere.

    Exit code 0: written. 2: FILE is there already or cannot be written.

    \b
    Example:
      introstat key new office-2027.key
    """
    from introstat.identity.pseudonyms import make_key

    try:
        make_key(file)
    except FileExistsError:
        raise UserError(f"{file} is there already, and a key is never overwritten.") from None
    click.echo(f"A new key, written to {file}. Keep a copy of it elsewhere, under lock.")


@key_group.command("rotate", short_help="Write the received copy anew with another key.")
@click.option(
    "--received",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the received copy, only read. Default: beside the default warehouse.",
)
@click.option(
    "--new-key-file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The key to change to: introstat key new.",
)
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write, which must not be there yet.",
)
@key_option
def rotate_command(
    received: Path | None, new_key_file: Path, target: Path, key_file: Path | None
) -> None:
    """Write the received copy to another folder with every pseudonym made by the new key.

    The old copy is only read. Build from the new one, compare, and only then remove the old copy
    and lock the old key away: docs/operations.md.

    Exit code 0: written. 2: bad input, nothing written.

    \b
    Example:
      introstat key rotate --key-file old.key --new-key-file new.key --to data/new.received
    """
    from introstat.identity.pseudonyms import Pseudonymiser, load_key
    from introstat.receipt.rotate import rotate

    folder = received or places.received_beside(places.default_warehouse())
    old, new = Pseudonymiser(load_key(key_file)[0]), Pseudonymiser(load_key(new_key_file)[0])
    if old.fingerprint == new.fingerprint:
        raise UserError(f"{new_key_file} is the key that is in use. Name a new one.")
    console = Console(stderr=True)
    with (
        locked(folder / ".lock", "a receipt into this folder"),
        shown(console, "Rotating") as tell,
    ):
        number = rotate(folder, target, old, new, tell)
    console.print(f"Wrote {number} deliveries to {target}", highlight=False, soft_wrap=True)
