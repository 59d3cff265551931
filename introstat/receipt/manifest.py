"""The manifest of a delivery, and what can be said of a delivery before its files are opened."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from introstat.errors import DeliveryRefused
from introstat.receipt.contract import Source, Table, sources

ENCODINGS = ("utf-8", "latin-1")
# A manifest names a few files; anything of this size is something else.
_LARGEST_MANIFEST = 1024 * 1024
_ENDINGS = {
    "csv": (".csv", ".csv.gz", ".parquet"),
    "jsonl": (".jsonl", ".jsonl.gz"),
    "fixed_width": (".dat", ".dat.gz"),
}


@dataclass(frozen=True)
class DeliveredFile:
    """One file of a delivery as its manifest describes it."""

    path: Path
    dataset: str
    table: Table
    rows: int
    sha256: str


@dataclass(frozen=True)
class Delivery:
    """A delivery whose manifest is in order; its files have not been opened yet."""

    folder: Path
    source: Source
    delivered: date
    covers_until: date | None
    encoding: str
    files: tuple[DeliveredFile, ...]
    unlisted: tuple[str, ...]

    @property
    def name(self) -> str:
        """The delivery's name as people say it: source/date."""
        return f"{self.source.name}/{self.delivered}"


def find_deliveries(extracts: Path) -> list[Path]:
    """Return the folders `<source>/<date>` under a folder of extracts, by source and date."""
    return sorted(
        folder
        for source in sources()
        for folder in (extracts / source).glob("*")
        if folder.is_dir() and not folder.name.startswith(".")
    )


def read_delivery(folder: Path) -> Delivery:
    """Read and check a delivery's manifest and that its files are there, whole and of this source.

    Raises DeliveryRefused, naming the file and what to do.
    """
    path = folder / "manifest.json"
    where = f"{folder.parent.name}/{folder.name}/manifest.json"
    if not path.is_file():
        raise DeliveryRefused(f"{where}: there is no such file. Ask for the delivery anew.")
    try:
        if path.stat().st_size > _LARGEST_MANIFEST:
            raise ValueError("too large")
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        line = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise DeliveryRefused(
            f"{where}{line}: not readable as JSON in UTF-8. Ask for the delivery anew."
        ) from None
    if not isinstance(content, dict):
        raise DeliveryRefused(f"{where}: expected one JSON object.")
    source = sources()[folder.parent.name]
    _expect(where, content, "source", source.name, "Is the delivery in the right folder?")
    _expect(where, content, "contract", f"{source.name}/1", "introstat reads version 1.")
    _expect(where, content, "delivered", folder.name, "The folder is named by its date.")
    delivered = _date(where, content, "delivered")
    covers_until = _date(where, content, "covers_until") if content.get("covers_until") else None
    encoding = content.get("encoding") or "utf-8"
    if not isinstance(encoding, str) or encoding not in ENCODINGS:
        raise DeliveryRefused(
            f"{where}: encoding {encoding!r} is not known; expected {' or '.join(ENCODINGS)}."
        )
    listed = content.get("files")
    if not isinstance(listed, dict) or not listed:
        raise DeliveryRefused(f"{where}: `files` names no file; expected {_wanted(source)}.")
    files = tuple(_file(folder, where, source, name, listed[name]) for name in sorted(listed))
    _complete(where, source, files)
    unlisted = sorted(
        entry.name
        for entry in folder.iterdir()
        if entry.name not in listed and entry.name != "manifest.json"
    )
    return Delivery(folder, source, delivered, covers_until, encoding, files, tuple(unlisted))


def _expect(where: str, content: dict[str, Any], key: str, wanted: str, hint: str) -> None:
    if content.get(key) != wanted:
        found = repr(content[key]) if key in content else "nothing"
        raise DeliveryRefused(f"{where}: `{key}` is {found}, expected {wanted!r}. {hint}")


def _date(where: str, content: dict[str, Any], key: str) -> date:
    try:
        found = date.fromisoformat(content[key])
    except (TypeError, ValueError):
        found = None
    if found is None or found.isoformat() != content[key]:
        raise DeliveryRefused(f"{where}: `{key}` is not a date, expected YYYY-MM-DD.")
    return found


def _file(folder: Path, where: str, source: Source, name: str, facts: Any) -> DeliveredFile:
    if Path(name).name != name:
        raise DeliveryRefused(f"{where}: {name!r} is not a plain file name.")
    dataset = name.split(".", 1)[0]
    table = source.table_of(dataset)
    if table is None or not name.endswith(_ENDINGS[table.format]):
        raise DeliveryRefused(
            f"{where}: {name} is no file of {source.name}; expected {_wanted(source)}. "
            "A file of another source belongs in a delivery of that source."
        )
    rows = facts.get("rows") if isinstance(facts, dict) else None
    sha256 = facts.get("sha256") if isinstance(facts, dict) else None
    if (
        not isinstance(rows, int)
        or isinstance(rows, bool)
        or rows < 0
        or not isinstance(sha256, str)
    ):
        raise DeliveryRefused(f"{where}: {name} needs `rows` (a whole number) and `sha256`.")
    path = folder / name
    if not path.is_file() or path.is_symlink():
        raise DeliveryRefused(
            f"{source.name}/{folder.name}/{name}: named in the manifest but not in the folder. "
            "Put it there or ask for the delivery anew."
        )
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256.lower():
        raise DeliveryRefused(
            f"{source.name}/{folder.name}/{name}: its checksum is not the manifest's, so the file "
            "was changed or cut off on the way. Fetch it again."
        )
    return DeliveredFile(path, dataset, table, rows, found)


def _complete(where: str, source: Source, files: tuple[DeliveredFile, ...]) -> None:
    datasets = [file.dataset for file in files]
    for table in source.tables:
        if not table.optional and all(file.table != table for file in files):
            raise DeliveryRefused(
                f"{where}: {_file_of(table)} is missing. A delivery of {source.name} holds "
                f"{_wanted(source)}."
            )
    twice = sorted({dataset for dataset in datasets if datasets.count(dataset) > 1})
    if twice:
        raise DeliveryRefused(f"{where}: {', '.join(twice)} is there twice, in two file formats.")


def _wanted(source: Source) -> str:
    return ", ".join(_file_of(table) for table in source.tables)


def _file_of(table: Table) -> str:
    stem = table.file_pattern.replace(r"-\d{4}-\d{2}", "-YYYY-MM").replace(r"-\d{4}", "-YYYY")
    return stem + _ENDINGS[table.format][0]
