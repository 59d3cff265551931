"""The manifest of a delivery, and what can be said of a delivery before its files are opened."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from introstat.contract import ENCODINGS, MANIFEST, Source, Table, sources
from introstat.errors import DeliveryRefused, UserError
from introstat.filereading import sha256_of
from introstat.identity.numbers import holds_valid_number, tellable
from introstat.mapping.layout import Mapping, OfficeFile
from introstat.mapping.reading import find_mapping, load_mapping

# A manifest names a few files; anything of this size is something else.
_LARGEST_MANIFEST = 1024 * 1024


@dataclass(frozen=True)
class DeliveredFile:
    """One file of a delivery as its manifest describes it, or what a mapping makes of one.

    `where` is what messages call it; `mapped_from` is the name of the office's file that a mapping
    made it of.
    """

    path: Path
    dataset: str
    table: Table
    rows: int
    sha256: str
    encoding: str
    where: str
    mapped_from: str | None = None


@dataclass(frozen=True)
class MappedFile:
    """One of an office's own files, which the mapping turns into tables of the contract.

    A workbook is there once for each of its sheets that the mapping reads.
    """

    path: Path
    layout: OfficeFile
    rows: int
    sha256: str
    encoding: str
    where: str


@dataclass(frozen=True)
class Delivery:
    """A delivery whose manifest is in order; its files have not been opened yet.

    `office_files` are those that the `mapping` speaks of; `files` keep the contract as they are.
    """

    source: Source
    delivered: date
    covers_until: date | None
    manifest_sha256: str
    files: tuple[DeliveredFile, ...]
    unlisted: tuple[str, ...]
    mapping: Mapping | None = None
    office_files: tuple[MappedFile, ...] = ()

    @property
    def name(self) -> str:
        """The delivery's name as people say it: source/date."""
        return f"{self.source.name}/{self.delivered}"


def find_deliveries(extracts: Path) -> list[Path]:
    """Return the folders `<source>/<date>` under a folder of extracts, by source and date.

    NIR's come first: others are compared with the persons that NIR knows.
    """
    return [
        folder
        for source in sources()
        for folder in sorted((extracts / source).glob("*"))
        if folder.is_dir() and not folder.name.startswith(".")
    ]


def misplaced(extracts: Path) -> list[str]:
    """Return a remark on each folder of deliveries that is named like no source of the contract."""
    others = {path.parents[1].name for path in extracts.glob(f"*/*/{MANIFEST}")}
    return [
        tellable(
            f"{name}: holds deliveries but is named like no source, so none of them is received. "
            f"Rename the folder to one of {', '.join(sources())}."
        )
        for name in sorted(others - set(sources()))
        if not name.startswith(".")
    ]


def read_delivery(folder: Path) -> Delivery:
    """Read and check a delivery's manifest and that its files are there, whole and of this source.

    Raises DeliveryRefused, naming the file and what to do.
    """
    path = folder / MANIFEST
    where = f"{folder.parent.name}/{folder.name}/manifest.json"
    if not path.is_file():
        raise DeliveryRefused(
            f"{where}: there is no such file. Ask for the delivery anew.", "manifest_unreadable"
        )
    try:
        if path.stat().st_size > _LARGEST_MANIFEST:
            raise ValueError("too large")
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        line = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise DeliveryRefused(
            f"{where}{line}: not readable as JSON in UTF-8. Ask for the delivery anew.",
            "manifest_unreadable",
        ) from None
    if not isinstance(content, dict):
        raise DeliveryRefused(f"{where}: expected one JSON object.", "manifest_unreadable")
    source = sources()[folder.parent.name]
    _expect(where, content, "source", source.name, "Is the delivery in the right folder?")
    _expect(where, content, "contract", f"{source.name}/1", "introstat reads version 1.")
    _expect(where, content, "delivered", folder.name, "The folder is named by its date.")
    delivered = _date(where, content, "delivered")
    covers_until = _date(where, content, "covers_until") if content.get("covers_until") else None
    if delivered > date.today():
        raise _wrong(
            f"{where}: `delivered` is {delivered}, which has not come yet. As the newest snapshot "
            "it would count until then; correct the date."
        )
    if covers_until and covers_until > delivered:
        raise _wrong(
            f"{where}: `covers_until` is {covers_until}, after the delivery itself. Correct the "
            "date."
        )
    encoding = content.get("encoding") or "utf-8"
    if not isinstance(encoding, str) or encoding not in ENCODINGS:
        known = " or ".join(ENCODINGS)
        raise _wrong(f"{where}: encoding {encoding!r} is not known; expected {known}.")
    listed = content.get("files")
    if not isinstance(listed, dict) or not listed:
        raise _wrong(f"{where}: `files` names no file; expected {source.file_names}.")
    mapping = read_mapping(where, content["mapping"], source) if content.get("mapping") else None
    files: list[DeliveredFile] = []
    office_files: list[MappedFile] = []
    for name in sorted(listed):
        if Path(name).name != name:
            raise _wrong(f"{where}: {name!r} is not a plain file name.")
        layouts = layouts_of(where, mapping, name)
        dataset, table = ("", None) if layouts else contract_file(where, source, name, mapping)
        path, file_where = folder / name, f"{source.name}/{folder.name}/{name}"
        rows, sha256 = _expect_file(path, where, file_where, listed[name])
        office_files += [
            MappedFile(path, layout, rows, sha256, encoding, file_where) for layout in layouts
        ]
        if table:
            file = DeliveredFile(path, dataset, table, rows, sha256, encoding, file_where)
            files.append(file)
    _complete(where, source, files, mapping, office_files)
    return Delivery(
        source=source,
        delivered=delivered,
        covers_until=covers_until,
        manifest_sha256=checksum(content),
        files=tuple(files),
        unlisted=tuple(sorted({each.name for each in folder.iterdir()} - {*listed, MANIFEST})),
        mapping=mapping,
        office_files=tuple(office_files),
    )


def _wrong(message: str) -> DeliveryRefused:
    return DeliveryRefused(message, "manifest_wrong")


def checksum(manifest: dict[str, Any]) -> str:
    """Return a manifest's checksum, the same however it is spaced and ordered."""
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _expect(where: str, content: dict[str, Any], key: str, wanted: str, hint: str) -> None:
    if content.get(key) != wanted:
        found = repr(content[key]) if key in content else "nothing"
        raise _wrong(f"{where}: `{key}` is {found}, expected {wanted!r}. {hint}")


def _date(where: str, content: dict[str, Any], key: str) -> date:
    try:
        found = date.fromisoformat(content[key])
    except (TypeError, ValueError):
        found = None
    if found is None or found.isoformat() != content[key]:
        raise _wrong(f"{where}: `{key}` is not a date, expected YYYY-MM-DD.")
    return found


def read_mapping(where: str, name: object, source: Source) -> Mapping:
    """Return the mapping that a manifest names. Raises DeliveryRefused if it cannot be used."""
    if not isinstance(name, str):
        raise DeliveryRefused(
            f"{where}: `mapping` is no text; expected a mapping's name.", "mapping"
        )
    try:
        mapping = load_mapping(find_mapping(name))
    except UserError as error:
        raise DeliveryRefused(f"{where}: {error.message}", "mapping") from None
    if mapping.source != source:
        raise DeliveryRefused(
            f"{where}: mapping {name} is of {mapping.source.name}, not of {source.name}.", "mapping"
        )
    lacking = next(mapping.lacks(), None)
    if lacking:
        raise DeliveryRefused(
            f"{where}: mapping {name}: {lacking}. `introstat mapping check {name}` says the rest.",
            "mapping",
        )
    return mapping


def layouts_of(where: str, mapping: Mapping | None, name: str) -> tuple[OfficeFile, ...]:
    """Return what a mapping says of a file, if anything. Raises DeliveryRefused if unclear."""
    if mapping is None:
        return ()
    # The contract's own names hold none; an office's stand in the received copy as they are.
    if holds_valid_number(name):
        raise DeliveryRefused(
            f"{where}: the name of a file holds an identity number. Name the file without it.",
            "number_in_name",
        )
    try:
        return mapping.layouts_of(name)
    except UserError as error:
        raise DeliveryRefused(f"{where}: {error.message}", "mapping") from None


def contract_file(
    where: str, source: Source, name: str, mapping: Mapping | None = None
) -> tuple[str, Table]:
    """Return the dataset and table of a file by its name. Raises DeliveryRefused if it is none."""
    found = source.file_of(name)
    if found:
        return found
    if mapping:
        raise DeliveryRefused(f"{where}: {mapping.unknown_file(name)}", "file_unknown")
    raise DeliveryRefused(
        f"{where}: {name} is no file of {source.name}; expected {source.file_names}. "
        "A file of another source belongs in a delivery of that source.",
        "file_unknown",
    )


def _expect_file(path: Path, where: str, file_where: str, facts: Any) -> tuple[int, str]:
    """Return a listed file's rows and checksum. Raises DeliveryRefused if it is not that file."""
    told: dict[str, Any] = facts if isinstance(facts, dict) else {}
    rows, sha256 = told.get("rows"), told.get("sha256")
    # True and false are numbers to Python.
    if type(rows) is not int or rows < 0 or not isinstance(sha256, str):
        raise _wrong(f"{where}: {path.name} needs `rows` (a whole number) and `sha256`.")
    if not path.is_file() or path.is_symlink():
        raise DeliveryRefused(
            f"{file_where}: named in the manifest but not in the folder. "
            "Put it there or ask for the delivery anew.",
            "file_missing",
        )
    found = sha256_of(path)
    if found != sha256.lower():
        raise DeliveryRefused(
            f"{file_where}: its checksum is not the manifest's, so the file "
            "was changed or cut off on the way. Fetch it again.",
            "checksum",
        )
    return rows, found


def _complete(
    where: str,
    source: Source,
    files: list[DeliveredFile],
    mapping: Mapping | None,
    office_files: list[MappedFile],
) -> None:
    datasets = [file.dataset for file in files]
    given = {file.table.name for file in files}
    if mapping:
        given |= {rule.table.name for file in office_files for rule in file.layout.rules}
        given |= {name for name, _ in mapping.absent}
        for layout in mapping.files:
            if not layout.is_optional and all(file.layout != layout for file in office_files):
                raise DeliveryRefused(
                    f"{where}: no file is named like {layout.pattern}, which mapping "
                    f"{mapping.name} expects. Deliver it, or mark it `optional` in the mapping.",
                    "file_missing",
                )
    for table in source.tables:
        if not table.optional and table.name not in given:
            raise DeliveryRefused(
                f"{where}: {table.file_name} is missing. A delivery of {source.name} holds "
                f"{source.file_names}.",
                "file_missing",
            )
    parts = Counter(file.table for file in files)
    parts.update(rule.table for file in office_files for rule in file.layout.rules)
    expect_together(where, parts)
    twice = sorted({dataset for dataset in datasets if datasets.count(dataset) > 1})
    if twice:
        raise DeliveryRefused(
            f"{where}: {', '.join(twice)} is there twice, in two file formats.", "file_twice"
        )


def expect_together(where: str, parts: Counter[Table]) -> None:
    """Refuse a table whose numbers are put in order and that is in several parts."""
    for table, number in parts.items():
        if number > 1 and any(column.ranked for column in table.columns):
            raise DeliveryRefused(
                f"{where}: table {table.name} comes from {number} files or rules of the mapping; "
                "its numbers are put in order and must come from one. Deliver them as one file.",
                "mapping",
            )
