"""An office that writes the contract's rows in its own layout, and the mapping that undoes it.

It may add lines that are no rows, write a word where there is nothing, leave out what is empty at a
line's end, or deliver a sheet of a workbook with dates and numbers as such.
"""

import csv
import io
import random
from contextlib import suppress
from datetime import date
from pathlib import Path

import openpyxl
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
        # What a text stands for where a sheet can hold it as a date or a number.
        self.held: dict[str, date | float] = {}

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
        suffix = rng.choice(["txt", "txt", "xlsx"])
        layout: dict = {
            "file": f"{stem}_*.{suffix}",
            "delimiter": rng.choice([";", ",", "|", "tab"]),
            "quote": rng.choice(['"', "'"]),
            "encoding": rng.choice(["utf-8", "latin-1", "windows-1252"]),
            "header_line": rng.choice([0, 1, 1, 3]),
            "short_rows": rng.choice(["fill", "refuse"]),
            "missing": rng.choice([[], ["NULL"], ["(tom)", "N/A"]]),
            "tables": [],
        }
        if rng.random() < 0.5:
            layout["ignore"] = [
                {"last": 1, "when": {_FIRST: {"like": "Sum*"}}, "reason": "Sumlinje"},
                {"empty": True, "reason": "Tom"},
            ]
        if suffix == "xlsx":
            layout["sheet"] = rng.choice(["Ark 1", "1"])
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
        names.insert(0, _FIRST)
        if not layout["header_line"]:
            layout["columns"] = names
        parts = [rows]
        if split:
            cut = rng.randint(0, len(rows))
            parts = [rows[:cut], rows[cut:]]
        for number, part in enumerate(parts):
            path = self.folder / f"{stem}_{number}.{suffix}"
            lines = self._lines(layout, names, part)
            if suffix == "xlsx":
                self._write_sheet(path, layout, names, lines)
            else:
                text = self._text(layout, names, lines)
                path.write_bytes(text.encode(_CODEC[layout["encoding"]]))
        return layout

    def _lines(self, layout: dict, names: list[str], rows: list[dict[str, str]]) -> list[list[str]]:
        rng, lines = self.rng, []
        words = ["", *layout["missing"]]
        for number, row in enumerate(rows, start=1):
            line = [f"R{number}", *(row.get(name, "") for name in names[1:])]
            line = [value if value.strip(" ") else rng.choice(words) for value in line]
            while layout["short_rows"] == "fill" and not line[-1] and rng.random() < 0.8:
                line.pop()
            lines.append(line)
        if "ignore" in layout:
            lines.insert(rng.randint(0, len(lines)), [""] * len(names))
            lines.append(rng.choice([[f"Sum: {len(rows)}"], ["Sum", *(["x"] * len(names))]]))
        return lines

    def _write_sheet(
        self, path: Path, layout: dict, names: list[str], lines: list[list[str]]
    ) -> None:
        workbook = openpyxl.Workbook()
        sheet = workbook.active
        sheet.title = "Ark 1"
        for _ in range(layout["header_line"] - 1):
            sheet.append(["Uttrekk"])
        if layout["header_line"]:
            sheet.append(names)
        specs = {
            spec["from"]: spec
            for rule in layout["tables"]
            for spec in rule["columns"].values()
            if "from" in spec
        }
        for line in lines:
            sheet.append(
                [
                    self.held.get(_held_as(specs.get(name, {}), text), text)
                    for name, text in zip(names, line, strict=False)
                ]
                or [None]
            )
        workbook.create_sheet("Skjult").sheet_state = "hidden"
        workbook.save(path)

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
        return column.is_text and not column.identity

    def _column(self, column: Column, values: list[str]) -> tuple[dict, list[str]]:
        rng = self.rng
        if column.identity:
            apart = rng.choice(["", " ", "-"])
            if not apart and rng.random() < 0.5:
                numbers = [value for value in values if value.isdecimal() and len(value) == 11]
                self.held |= {_held_as({}, value): int(value) for value in numbers}
            return {}, [v[:6] + apart + v[6:] if len(v.strip(" ")) == 11 else v for v in values]
        if column.data_type == "date":
            written = rng.choice(list(DATE_FORMATS))
            texts = [_date(value, written) for value in values]
            for value, text in zip(values, texts, strict=True):
                with suppress(ValueError):
                    found = date.fromisoformat(value.strip(" "))
                    if found.year > 1900:
                        self.held[_held_as({"dates": written}, text)] = found
            return {"dates": written}, texts
        if column.data_type == "decimal":
            decimal, thousands = rng.choice(NUMBER_FORMATS)
            spec = {"decimal": decimal} | ({"thousands": thousands} if thousands else {})
            texts = [_number(value, decimal, thousands) for value in values]
            for value, text in zip(values, texts, strict=True):
                with suppress(ValueError):
                    number = float(value.strip(" ").replace(",", "."))
                    self.held[_held_as(spec, text)] = number
            return spec, texts
        if rng.random() < 0.5:
            words = sorted({value.strip(" ") for value in values} - {""})
            words = [word for word in words if word == word.strip() and rng.random() < 0.7]
            codes = {f"Ord {place} på kontoret": word for place, word in enumerate(words)}
            of_word = {word: code for code, word in codes.items()}
            if codes:
                return {"codes": codes}, [of_word.get(v.strip(" "), v) for v in values]
        return {}, values

    def _text(self, layout: dict, names: list[str], lines: list[list[str]]) -> str:
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
        writer.writerows(lines)
        return buffer.getvalue()


_FIRST = "Nr"
_CODEC = {"utf-8": "utf-8", "latin-1": "latin-1", "windows-1252": "cp1252"}


def _held_as(spec: dict, text: str) -> str:
    return f"{spec.get('dates')} {spec.get('decimal')} {spec.get('thousands')} {text}"


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
