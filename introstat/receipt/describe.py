"""Writing the manifest of a folder of files that has none: rows counted, checksums taken."""

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import click
import duckdb

from introstat.errors import DeliveryRefused, UserError
from introstat.mapping.office import load_office
from introstat.places import memory_limit
from introstat.receipt.contract import SOURCES, sources
from introstat.receipt.files import read_incoming
from introstat.receipt.manifest import (
    ENCODINGS,
    MANIFEST,
    DeliveredFile,
    Delivery,
    contract_file,
    layout_of,
    read_mapping,
)


@click.command("manifest", short_help="Write the manifest of a folder of files.")
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
    unfinished = target.with_name(f".{MANIFEST}.new")
    unfinished.write_text(
        json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    unfinished.replace(target)
    for name, facts in content["files"].items():
        click.echo(f"{name}: {facts['rows']} rows")
    if (folder.resolve().parent.name, folder.resolve().name) != (source, delivered):
        click.echo(
            f"Put the folder where it is received from: <extracts>/{source}/{delivered}/", err=True
        )


def describe(
    folder: Path,
    source: str,
    delivered: str,
    covers_until: str,
    encoding: str,
    mapping_name: str | None,
) -> dict[str, Any]:
    """Return the manifest of a folder; every file is read as the receipt reads it.

    Raises DeliveryRefused for a file that is none of the source or cannot be read.
    """
    contract = sources()[source]
    mapping = read_mapping(MANIFEST, mapping_name, contract) if mapping_name else None
    delivery = Delivery(
        folder, contract, date.fromisoformat(delivered), None, encoding, "", (), (), mapping
    )
    files: dict[str, dict[str, Any]] = {}
    paths = sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and path.name != MANIFEST and not path.name.startswith(".")
    )
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"set memory_limit = '{memory_limit()}'")
        connection.execute("set temp_directory = ''")  # no text with identity numbers on disk
        for path in paths:
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            layout = layout_of(MANIFEST, mapping, path.name)
            if layout:
                rows = load_office(connection, path, layout, encoding, path.name).rows
            else:
                dataset, table = contract_file(MANIFEST, contract, path.name, mapping)
                found = DeliveredFile(path, dataset, table, 0, sha256)
                rows = read_incoming(connection, delivery, found)[0]
            files[path.name] = {"rows": rows, "sha256": sha256}
    if not files:
        raise DeliveryRefused(f"{folder}: there are no files in it.", "file_missing")
    described: dict[str, Any] = {
        "contract": f"{source}/1",
        "source": source,
        "delivered": delivered,
        "covers_until": covers_until,
        "encoding": encoding,
    }
    if mapping_name:
        described["mapping"] = mapping_name
    return described | {"files": files}


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
