"""Release folders as a reader has them: every number of every table, and what stands beside it."""

import csv
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

HIDDEN, LEFT_OUT, CANNOT_OCCUR = ":", "...", "."
REFERENCE = "r"  # marks a code of the reference year; a code of the time has no mark
_BESIDE = {"period", "region", "measure", "value", "sign", "is_preliminary"}


@cache
def knowledge() -> dict[str, Any]:
    """What a reader knows beside the files."""
    return tomllib.loads(Path(__file__).with_name("knowledge.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Cell:
    """A figure: its vintage and period, what it counts, where, and its codes but for totals."""

    vintage: str
    period: str
    measure: str
    region: str
    codes: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        codes = ", ".join(f"{name}={code}" for name, code in self.codes)
        return f"{self.period} {self.measure} region={self.region}{', ' + codes if codes else ''}"


def codes_of(given: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Codes without totals, in the order of their names."""
    total = knowledge()["total"]
    return tuple(sorted((name, code) for name, code in given.items() if code != total))


def added_codes(stem: str, measure: str) -> dict[str, str]:
    """The codes that a table's figures are of though it does not have the dimension."""
    main = knowledge()["main_counts"]
    added: dict[str, str] = main.get(measure, {}) if stem == main["table"] else {}
    return added


@dataclass
class Table:
    """A table: its file's stem, its dimensions' codes in order, and each cell's text or sign."""

    stem: str
    dimensions: dict[str, list[str]]
    values: dict[Cell, str] = field(default_factory=dict)
    signs: dict[Cell, str] = field(default_factory=dict)


@dataclass
class Place:
    """A row of the list of regions."""

    set: str
    code: str
    type: str
    name: str
    counts_in: str
    county: str
    reference: str
    reference_county: str


@dataclass
class Release:
    """All that a reader takes from one release folder."""

    folder: Path
    period: str
    version: int
    vintage: str
    policy: dict[str, Any]
    places: list[Place]
    tables: list[Table]
    labels: dict[tuple[str, str], str]
    revised: list[dict[str, str]]

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name


def read_release(folder: Path) -> Release:
    """Read a release folder."""
    about = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    [listed] = (folder / knowledge()["code_lists"]).glob("*.csv")
    places = [Place(*row.values()) for row in _rows(listed)]
    labels: dict[tuple[str, str], str] = {}
    tables, revised = [], []
    for path in sorted(folder.glob("*.csv")):
        # Older releases have _ in a stem where newer ones have -.
        stem = re.split(r"(?:[_-]kommuner\d+)?_p\d", path.name)[0].replace("_", "-")
        rows = list(_rows(path))
        if rows and "sign" in rows[0]:
            mark = REFERENCE if re.search(r"[_-]kommuner\d", path.name) else ""
            tables.append(_table(stem, rows, about["as_of"], mark, labels))
        elif "old_value" in (rows[0] if rows else ()):
            revised = rows
    return Release(
        folder,
        about["period"],
        int(about["version"]),
        about["as_of"],
        about["policy"],
        places,
        tables,
        labels,
        revised,
    )


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _table(
    stem: str,
    rows: Sequence[Mapping[str, str]],
    vintage: str,
    mark: str,
    labels: dict[tuple[str, str], str],
) -> Table:
    names = [n for n in rows[0] if n not in _BESIDE and not n.endswith("_label")]
    found: dict[str, dict[str, None]] = {name: {} for name in names}
    table = Table(stem, {})
    country = knowledge()["country"]
    for row in rows:
        region = row["region"] if row["region"] == country else mark + row["region"]
        codes = {name: row[name] for name in names}
        also = added_codes(stem, row["measure"])
        cell = Cell(vintage, row["period"], row["measure"], region, codes_of(codes | also))
        if row["sign"]:
            table.signs[cell] = row["sign"]
        else:
            table.values[cell] = row["value"]
        for name in names:
            found[name][row[name]] = None
            labels[name, row[name]] = row[f"{name}_label"]
        labels["region", region] = row["region_label"]
    table.dimensions = {name: list(codes) for name, codes in found.items()}
    return table
