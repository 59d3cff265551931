"""An office that writes the contract's rows in its own layout, and the mapping that undoes it."""

import csv
import io
import random
from datetime import date
from pathlib import Path

import yaml

from introstat.contract import Column, Source, Table

DATE_FORMATS = {
    "dd.mm.yyyy": "{d:02d}.{m:02d}.{y:04d}",
    "d.m.yyyy": "{d}.{m}.{y:04d}",
    "ddmmyyyy": "{d:02d}{m:02d}{y:04d}",
    "yyyymmdd": "{y:04d}{m:02d}{d:02d}",
    "mm/dd/yyyy": "{m:02d}/{d:02d}/{y:04d}",
    "yyyy-dd-mm": "{y:04d}-{d:02d}-{m:02d}",
    "dd.mm.yyyy hh:mm": "{d:02d}.{m:02d}.{y:04d} 08:30",
}
NUMBER_FORMATS = [(",", None), (".", None), (",", "."), (".", ","), (",", "space")]
NAMES = ["Født", "Hvor", "Når", "Nr", "Hva", "Ærend", "Åpnet", "Lukket", "Merknad", "Felt", "Kode"]


class Inverse:
    """One random layout for every file; `rng` decides everything."""

    def __init__(self, rng: random.Random, folder: Path) -> None:
        self.rng, self.folder = rng, folder

    def write(self, source: Source, tables: dict[str, list[dict[str, str]]], split: bool) -> dict:
        """Write the office's files and return the mapping.

        Some tables stand together in one file, told apart by a column; with `split` the rows of
        some are spread over several files of one pattern.
        """
        by_name = {table.name: table for table in source.tables}
        groups: list[list[str]] = []
        for name in tables:
            if groups and self.rng.random() < 0.4:
                self.rng.choice(groups).append(name)
            else:
                groups.append([name])
        return {
            "source": source.name,
            "description": "Made at random.",
            "reviewed": {"by": "Test", "on": "2026-02-01"},
            "absent": {table: "Ingen" for table in by_name if table not in tables},
            "files": [
                self._file(f"fil{number}", [by_name[name] for name in group], tables, split)
                for number, group in enumerate(groups)
            ],
        }

    def _file(
        self, stem: str, group: list[Table], tables: dict[str, list[dict[str, str]]], split: bool
    ) -> dict:
        rng = self.rng
        layout: dict = {
            "file": f"{stem}_*.txt",
            "delimiter": rng.choice([";", ",", "|", "tab"]),
            "quote": rng.choice(['"', "'"]),
            "encoding": rng.choice(["utf-8", "latin-1", "windows-1252"]),
            "header_line": rng.choice([0, 1, 1, 3]),
            "tables": [],
        }
        kind, rows = "Radtype", []
        for number, table in enumerate(group):
            columns, written = self._table(table, tables[table.name], number)
            rule: dict = {"table": table.name, "columns": columns}
            if len(group) > 1:
                rule["when"] = {kind: table.name}
                written = [{kind: table.name, **row} for row in written]
            layout["tables"].append(rule)
            rows += written
        names = [kind] if len(group) > 1 else []
        for rule in layout["tables"]:
            names += [spec["from"] for spec in rule["columns"].values() if "from" in spec]
        rng.shuffle(names)
        if not layout["header_line"]:
            layout["columns"] = names
        parts = [rows]
        if split:
            cut = rng.randint(0, len(rows))
            parts = [rows[:cut], rows[cut:]]
        for number, part in enumerate(parts):
            path = self.folder / f"{stem}_{number}.txt"
            path.write_bytes(self._text(layout, names, part).encode(_CODEC[layout["encoding"]]))
        return layout

    def _table(
        self, table: Table, rows: list[dict[str, str]], number: int
    ) -> tuple[dict, list[dict[str, str]]]:
        specs: dict[str, dict] = {}
        written: list[dict[str, str]] = [{} for _ in rows]
        for place, column in enumerate(table.columns):
            values = [row[column.name] for row in rows]
            constant = values[0].strip(" ") if len(set(values)) == 1 else ""
            if constant and constant == constant.strip() and self._is_plain(column):
                specs[column.name] = {"value": constant}
                continue
            name = f"{self.rng.choice(NAMES)} {number}-{place}"
            spec, texts = self._column(column, values)
            specs[column.name] = {"from": name, **spec}
            for row, text in zip(written, texts, strict=True):
                row[name] = text
        return specs, written

    def _is_plain(self, column: Column) -> bool:
        return column.data_type == "varchar" and not column.identity

    def _column(self, column: Column, values: list[str]) -> tuple[dict, list[str]]:
        rng = self.rng
        if column.identity:
            apart = rng.choice(["", " ", "-"])
            return {}, [v[:6] + apart + v[6:] if len(v.strip(" ")) == 11 else v for v in values]
        if column.data_type == "date":
            written = rng.choice(list(DATE_FORMATS))
            return {"dates": written}, [_date(value, written) for value in values]
        if column.data_type == "decimal":
            decimal, thousands = rng.choice(NUMBER_FORMATS)
            spec = {"decimal": decimal} | ({"thousands": thousands} if thousands else {})
            return spec, [_number(value, decimal, thousands) for value in values]
        if rng.random() < 0.5:
            words = sorted({value.strip(" ") for value in values} - {""})
            words = [word for word in words if word == word.strip() and rng.random() < 0.7]
            codes = {f"Ord {place} på kontoret": word for place, word in enumerate(words)}
            of_word = {word: code for code, word in codes.items()}
            if codes:
                return {"codes": codes}, [of_word.get(v.strip(" "), v) for v in values]
        return {}, values

    def _text(self, layout: dict, names: list[str], rows: list[dict[str, str]]) -> str:
        buffer = io.StringIO()
        writer = csv.writer(
            buffer,
            delimiter={"tab": "\t"}.get(layout["delimiter"], layout["delimiter"]),
            quotechar=layout["quote"],
            lineterminator=self.rng.choice(["\n", "\r\n"]),
            quoting=self.rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        )
        buffer.write("Uttrekk 'nr \"1\n" * (layout["header_line"] - 1))
        if layout["header_line"]:
            writer.writerow(names)
        writer.writerows([row.get(name, "") for name in names] for row in rows)
        return buffer.getvalue()


_CODEC = {"utf-8": "utf-8", "latin-1": "latin-1", "windows-1252": "cp1252"}


def _date(value: str, written: str) -> str:
    try:
        found = date.fromisoformat(value.strip(" "))
    except ValueError:
        # A fault of the register that the office's own format would make good again.
        return "ukjent" if value.count(".") == 2 else value
    return DATE_FORMATS[written].format(y=found.year, m=found.month, d=found.day)


def _number(value: str, decimal: str, thousands: str | None) -> str:
    plain = value.strip(" ").replace(",", ".")
    whole, _, places = plain.partition(".")
    if not whole.isdigit():
        return value
    if thousands and len(whole) > 3:
        whole = f"{int(whole):,}".replace(",", {"space": " "}.get(thousands, thousands))
    return f"{whole}{decimal}{places}" if places else whole


def as_yaml(mapping: dict) -> str:
    """Return the mapping as the text of its file."""
    return yaml.safe_dump(mapping, allow_unicode=True, sort_keys=False)
