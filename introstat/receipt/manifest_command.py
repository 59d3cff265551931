"""The command `introstat manifest`."""

import json
from datetime import date
from pathlib import Path

import click

from introstat.contract import ENCODINGS, MANIFEST, SOURCES
from introstat.errors import UserError
from introstat.locking import write_whole


@click.command("manifest")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--source", required=True, type=click.Choice(SOURCES), help="Where the files come from."
)
@click.option("--delivered", required=True, help="Date of the delivery, YYYY-MM-DD.")
@click.option("--covers-until", required=True, help="Last day the files say anything about.")
@click.option(
    "--encoding",
    type=click.Choice(ENCODINGS),
    default="utf-8",
    show_default=True,
    help="Encoding of the files that keep the contract; a mapping says it of an office's own.",
)
@click.option("--mapping", help="Name of the mapping (mappings/NAME.yml) of an office's own files.")
@click.option("--force", is_flag=True, help="Write over a manifest that is there.")
def manifest_command(
    folder: Path,
    source: str,
    delivered: str,
    covers_until: str,
    encoding: str,
    mapping: str | None,
    force: bool,
) -> None:
    """Count the rows and take the checksums of every file in FOLDER and write its manifest.json.

    It is for the one who makes the delivery, where the files were made: the manifest proves later
    that they arrived whole.

    Exit code 0: written. 2: bad usage. 3: a file is no file of the source or cannot be read.

    \b
    Example:
      introstat manifest extracts/nir/2018-01-21 --source nir --delivered 2018-01-21 \\
        --covers-until 2017-12-31 --mapping kommunalt-fagsystem
    """
    from introstat.receipt.describe import describe

    target = folder / MANIFEST
    if target.exists() and not force:
        raise UserError(f"{target} is there already. Write over it with --force.")
    days = {"--delivered": delivered, "--covers-until": covers_until}
    for option, day in days.items():
        if not _is_date(day):
            raise click.UsageError(f"{option} is {day!r}; expected a date, YYYY-MM-DD.")
    if covers_until > delivered:
        raise click.UsageError(f"--covers-until {covers_until} is after --delivered {delivered}.")
    content = describe(folder, source, delivered, covers_until, encoding, mapping)
    text = json.dumps(content, indent=2, ensure_ascii=False)
    write_whole(target, f"{text}\n".encode())
    for name, facts in content["files"].items():
        click.echo(f"{name}: {facts['rows']} rows")
    if (folder.resolve().parent.name, folder.resolve().name) != (source, delivered):
        click.echo(
            f"Put the folder where it is received from: <extracts>/{source}/{delivered}/", err=True
        )


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
