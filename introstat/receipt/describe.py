"""The manifest of a folder of files that has none: rows counted, checksums taken."""

from pathlib import Path
from typing import Any

from introstat.contract import MANIFEST, sources
from introstat.errors import DeliveryRefused
from introstat.filereading import connect_in_memory, sha256_of
from introstat.mapping.apply import refuse_uneven
from introstat.mapping.office import load_office
from introstat.receipt.files import read_incoming
from introstat.receipt.manifest import (
    DeliveredFile,
    contract_file,
    layouts_of,
    read_mapping,
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
    files: dict[str, dict[str, Any]] = {}
    paths = sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and path.name != MANIFEST and not path.name.startswith(".")
    )
    with connect_in_memory() as connection:
        for path in paths:
            sha256 = sha256_of(path)
            layouts = layouts_of(MANIFEST, mapping, path.name)
            rows = 0
            for layout in layouts:
                office = load_office(connection, path, layout, encoding, path.name)
                refuse_uneven(connection, layout, office, path.name)
                rows += office.rows
            if not layouts:
                dataset, table = contract_file(MANIFEST, contract, path.name, mapping)
                where = f"{source}/{delivered}/{path.name}"
                file = DeliveredFile(path, dataset, table, 0, sha256, encoding, where)
                rows, _ = read_incoming(connection, file)
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
