"""The command `introstat lists`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from introstat.console import say, warehouse_option
from introstat.locking import write_whole
from introstat.norwegian import slug
from introstat.progress import shown

if TYPE_CHECKING:
    from introstat.lists.content import Content
    from introstat.lists.idents import MunicipalityIdents
    from introstat.lists.municipality import Municipality


@click.command("lists")
@click.argument("municipality", metavar="KOMMUNE", required=False)
@click.option("--all", "everyone", is_flag=True, help="One workbook for every municipality.")
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the workbooks; made if it is not there, readable by you only.",
)
@warehouse_option
@click.option(
    "--key-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The pseudonym key of the receipt. Default: $INTROSTAT_KEY, $INTROSTAT_KEY_FILE, or the "
    "one in the user's configuration folder. None is made here.",
)
def lists_command(
    municipality: str | None, everyone: bool, out: Path, warehouse: Path, key_file: Path | None
) -> None:
    """Write the workbook of KOMMUNE, a code or a name: the register's four lists, what to do in
    NIR, and how its registrations compare with KOSTRA and the benefit reported.

    The identity numbers of the municipality's own persons are restored; that needs the pseudonym
    key. Persons with a protected address are left out. Each workbook leaves a line in the access
    log beside the warehouse (.access.jsonl, or $INTROSTAT_ACCESS_LOG): who, when, which
    municipality, how many numbers.

    KOMMUNE 9999 is for the register's owner: what was found where no municipality can be told.

    Exit code 0: written. 2: bad input; nothing is written.

    \b
    Examples:
      introstat lists 0301 --out lists/
      introstat lists Kautokeino --out lists/
      introstat lists --all --out lists/
    """
    from introstat.codelists import NO_MUNICIPALITY
    from introstat.identity.pseudonyms import Pseudonymiser, load_key
    from introstat.lists.access_log import access_log_of
    from introstat.lists.content import read_content
    from introstat.lists.idents import MunicipalityIdents, listed_persons
    from introstat.lists.municipality import find, findings_of, with_something_to_tell
    from introstat.lists.sheets import TABLES
    from introstat.warehouse.reading import known_until, open_built

    if everyone == (municipality is not None):
        raise click.UsageError("Give one KOMMUNE, or --all for every municipality.")
    console = Console(stderr=True)
    with open_built(warehouse, *TABLES) as connection:
        _, observed, _ = known_until(connection)
        chosen = (
            [find(connection, municipality, observed)]
            if municipality is not None
            else with_something_to_tell(connection, observed)
        )
        pseudonymiser = Pseudonymiser(load_key(key_file, make=False)[0])
        content = read_content(connection, chosen)
        persons = listed_persons(connection, chosen)
        unplaced = findings_of(connection, NO_MUNICIPALITY)
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = access_log_of(warehouse)
    with shown(console, "Workbooks") as tell:
        for done, each in enumerate(chosen):
            tell(done, len(chosen), each.title)
            idents = MunicipalityIdents(each, persons[each.code], pseudonymiser)
            path = _write(content, each, idents, out, log)
    told = str(path) if len(chosen) == 1 else f"{len(chosen)} workbooks to {out}"
    say(console, f"Wrote {told}")
    say(console, f"Noted in {log}")
    if everyone and unplaced:
        say(
            console,
            f"{unplaced} findings have no municipality that can be told; for the register's owner: "
            f"introstat lists {NO_MUNICIPALITY}",
        )


def _write(
    content: "Content",
    municipality: "Municipality",
    idents: "MunicipalityIdents",
    out: Path,
    log: Path,
) -> Path:
    """Make, note and only then write one workbook, whole and readable by its owner only."""
    from introstat.lists.access_log import note_access
    from introstat.lists.workbook import make_workbook

    made = make_workbook(content, municipality, idents)
    name = slug(municipality.name.split(" - ")[0])
    path = out / f"{municipality.code}_{name}_{content.as_of}.xlsx"
    note_access(log, municipality, idents.count, path.name)
    write_whole(path, made, is_private=True)
    return path
