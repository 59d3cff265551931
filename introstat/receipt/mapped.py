"""Receiving an office's own files through a mapping: loaded, mapped, and accounted for row by row.

One office file and one table of the mapping make one dataset, as one file does in a delivery that
keeps the contract. Its rows carry the office file's name and line. Where several sheets of a
workbook are read the name is marked with the sheet, `#Saker`; a second rule of the same file for
the same table marks it with `#2`: name and line point at one row.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from introstat.errors import DeliveryRefused, UserError
from introstat.filereading import expect_rows, parquet_footer, shown_names
from introstat.mapping.apply import coverage, map_rules, refuse_missing, refuse_uneven
from introstat.mapping.layout import OfficeFile
from introstat.mapping.office import load_office
from introstat.mapping.reading import find_mapping, load_mapping
from introstat.receipt.manifest import DeliveredFile, Delivery, MappedFile


class MappedReceipt:
    """The office's files of a delivery on their way through its mapping.

    `files` and `remarks` are complete once `load_incoming` is exhausted.
    """

    def __init__(self, delivery: Delivery) -> None:
        """Take a delivery; one without a mapping has nothing to load."""
        self._delivery = delivery
        self._accounts: list[dict[str, Any]] = []
        # How many datasets there are of a table, and how many of them have a name.
        self._made = Counter(file.dataset for file in delivery.files)
        self._made.update(r.table.name for each in delivery.office_files for r in each.layout.rules)
        self._named: Counter[str] = Counter()
        # How many sheets of a workbook there are to read, and what has been read of them.
        self._layouts = Counter(each.path for each in delivery.office_files)
        self._sheets: defaultdict[Path, list[str]] = defaultdict(list)
        self._rows: Counter[Path] = Counter()
        self.files: list[DeliveredFile] = []
        self.remarks: list[str] = []

    def load_incoming(self, connection: duckdb.DuckDBPyConnection) -> Iterator[DeliveredFile]:
        """Make the view `incoming` for each dataset in turn and give what it is.

        Raises DeliveryRefused with the file's name, the line, and what to do.
        """
        mapping = self._delivery.mapping
        if mapping is None:
            return
        self.remarks += [
            f"{self._delivery.name}: no table {table}, the mapping says: {reason}"
            for table, reason in mapping.absent
        ]
        try:
            for file in self._delivery.office_files:
                yield from self._load_file(connection, file)
        finally:
            connection.execute(
                "drop view if exists judged; drop table if exists office; "
                "drop table if exists texts"
            )

    def _load_file(
        self, connection: duckdb.DuckDBPyConnection, file: MappedFile
    ) -> Iterator[DeliveredFile]:
        name = file.path.name
        shown = sheet_name(file.path, file.layout) if self._layouts[file.path] > 1 else name
        where = file.where.removesuffix(name) + shown
        if file.path.suffix == ".parquet":
            expect_rows(parquet_footer(file.path, where).num_rows, file.rows, where)
        office = load_office(connection, file.path, file.layout, file.encoding, where)
        self._rows[file.path] += office.rows
        self._sheets[file.path].append(office.sheet)
        if len(self._sheets[file.path]) == self._layouts[file.path]:
            expect_rows(self._rows[file.path], file.rows, file.where)
            others = [name for name in office.others if name not in self._sheets[file.path]]
            if others:
                self.remarks.append(f"{file.where}: sheets not read: {shown_names(others)}")
        self.remarks += refuse_missing(file.layout, office, where)
        refuse_uneven(connection, file.layout, office, where)
        extra = [column for column in office.names if column not in file.layout.used]
        if extra:
            self.remarks.append(f"{where}: extra columns kept but not used: {shown_names(extra)}")
        covered = coverage(connection, file.layout, office)
        if covered.unmatched:
            raise DeliveryRefused(
                f"{where}, line {covered.first_unmatched}: the first of {covered.unmatched} rows "
                "that fit no table of the mapping and no `ignore` condition. No row may be lost: "
                "write into the mapping where such rows go, or why they are left out.",
                "mapping",
            )
        left_out = [
            {"reason": ignored.reason, "rows": rows}
            for ignored, rows in zip(file.layout.ignored, covered.ignored, strict=True)
            if rows
        ]
        self.remarks += [
            f"{where}: {each['rows']} rows left out by the mapping: {each['reason']}"
            for each in left_out
        ]
        self.remarks += [f"{where}: {said}" for said in covered.damaged]
        tables: list[dict[str, Any]] = []
        seen: Counter[str] = Counter()
        for mapped in map_rules(connection, file.layout, office):
            table = mapped.rule.table
            seen[table.name] += 1
            mark = f"#{seen[table.name]}" if seen[table.name] > 1 else ""
            made = DeliveredFile(
                path=file.path.with_name(f"{shown}{mark}"),
                dataset=self._next_dataset(table.name),
                table=table,
                rows=mapped.rows,
                sha256=file.sha256,
                encoding=file.encoding,
                where=where,
                mapped_from=name,
            )
            self.files.append(made)
            self.remarks += [f"{where}: {found.message(table.name)}" for found in mapped.findings]
            tables.append(
                {"dataset": made.dataset, "rows": mapped.rows, "collapsed_rows": mapped.collapsed}
            )
            yield made
        self._accounts.append(
            {
                "file_name": name,
                **({"sheet": file.layout.sheet} if file.layout.sheet else {}),
                "sha256": file.sha256,
                "rows": office.rows,
                "mapped_rows": covered.mapped,
                "ignored_rows": left_out,
                "tables": tables,
            }
        )

    def account(self) -> dict[str, Any] | None:
        """Return for receipt.json which mapping was used and where every row of each file went."""
        mapping = self._delivery.mapping
        if mapping is None:
            return None
        return {
            "name": mapping.name,
            "sha256": mapping.sha256,
            "reviewed_by": mapping.reviewed_by,
            "reviewed_on": mapping.reviewed_on,
            "files": self._accounts,
        }

    def _next_dataset(self, table: str) -> str:
        """Return the table's name, numbered where several files or rules make it up."""
        if self._made[table] == 1:
            return table
        self._named[table] += 1
        return f"{table}-{self._named[table]}"


def sheet_name(path: Path, layout: OfficeFile) -> str:
    """Return what one sheet of a workbook is called: `bok.xlsx#Saker`."""
    sheet = f"sheet {layout.sheet}" if layout.sheet.isdecimal() else layout.sheet
    return f"{path.name}#{sheet.replace('/', '-')}"


def delivered_checksums(receipt: dict[str, Any]) -> dict[str, str]:
    """Return the checksum of every file as it was delivered, by its name, from a receipt."""
    office = (receipt.get("mapping") or {}).get("files", [])
    mapped = {table["dataset"] for file in office for table in file["tables"]}
    kept = [file for file in receipt["files"] if file["dataset"] not in mapped]
    return {file["file_name"]: file["sha256"] for file in [*kept, *office]}


def changed_mapping(receipt: dict[str, Any], name: str) -> list[str]:
    """Return a remark if the mapping that a delivery was received with is another one now."""
    before = receipt.get("mapping")
    if not before:
        return []
    try:
        now = load_mapping(find_mapping(before["name"])).sha256
    except UserError:
        now = None
    if now == before["sha256"]:
        return []
    return [
        f"{name}: mapping {before['name']} has changed since this was received; what was received "
        "stands as it is"
    ]
