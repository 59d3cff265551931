"""IMDi's own CSV: the tables and words of `imdi_tables.yml`, for tools that read IMDi's files.

One file for counties (the country is their row 0) and one for municipalities. `:` is hidden and `.`
is missing; a cell that cannot occur has no row. Codes lose leading zeros, as IMDi's do. Characters
that ISO-8859-1 lacks are written with the nearest letters.
"""

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import yaml

from introstat.disclosure.published import CANNOT_OCCUR, HIDDEN, LEFT_OUT, MISSING
from introstat.errors import UserError
from introstat.release import naming
from introstat.release.cube import MEASURE, PublishedCube, Release
from introstat.release.formats.cells import cells_table, one_line

EXTENSION = "csv"
FOLDER = "imdi"
"""IMDi's files lie in a folder of their own, because their CSV is not the data package's."""
COUNTRY = "0"
_TABLES = Path(__file__).parents[1] / "imdi_tables.yml"
_WRITTEN = {HIDDEN: ":", LEFT_OUT: "...", MISSING: "."}
_READ = {written: sign for sign, written in _WRITTEN.items()}
_PRELIMINARY = "_forelopig"
"""In the file's name, because the layout has no place for the mark."""
_DIGITS = {"county": 2, "municipality": 4}
_LETTERS = str.maketrans(
    {"Đ": "D", "đ": "d", "Ŋ": "N", "ŋ": "n", "Ŧ": "T", "ŧ": "t", "–": "-", "—": "-", "’": "'",
     "‘": "'", "“": '"', "”": '"', "…": "..."}
)  # fmt: skip


@dataclass(frozen=True)
class ImdiTable:
    """One of IMDi's tables: whose cells it shows, and the words for measures and codes.

    `columns` are dimensions with their heading and words, in the order of the file's columns.
    """

    name: str
    cube: str
    measures: Mapping[str, str]
    columns: Mapping[str, tuple[str, Mapping[str, str]]]


@dataclass(frozen=True)
class ImdiLayout:
    """The reviewed words of `imdi_tables.yml`."""

    regions: Mapping[str, Mapping[str, str]]
    country: str
    year: str
    unit: str
    value: str
    tables: tuple[ImdiTable, ...]


@cache
def layout() -> ImdiLayout:
    """Return IMDi's tables as the project's file has them."""
    found = yaml.safe_load(_TABLES.read_text(encoding="utf-8"))
    sex = ("sex", (found["sex"]["heading"], found["sex"]["words"]))
    tables = tuple(
        ImdiTable(
            name,
            table["cube"],
            table["measures"],
            # Sex comes behind year and before what the table adds.
            dict([sex, *((d, (c["heading"], c["words"])) for d, c in table["columns"].items())]),
        )
        for name, table in found["tables"].items()
    )
    return ImdiLayout(
        found["regions"], found["country"], found["year"], found["unit"], found["value"], tables
    )


def names_for(cube: str, is_preliminary: bool, tail: str) -> list[str]:
    """The names of the files that a cube becomes; none if IMDi has no such table.

    `tail` is what all names of a release end with, `_p2017-H2_v1`.
    """
    table = _table_of(cube)
    return [] if table is None else [_name(table, level, is_preliminary, tail) for level in _DIGITS]


def write(cube: PublishedCube, path: Path, release: Release) -> list[Path]:
    """Write a cube's files into the folder `path`; return them, none if IMDi has no such table.

    Raises UserError if the cube lacks a dimension, a total or every measure that the table needs.
    """
    table = _table_of(cube.name)
    if table is None:
        return []
    tail = f"_{naming.span_in_name(cube.periods)}_v{release.version}"
    path.mkdir(parents=True, exist_ok=True)
    written = []
    for level in _DIGITS:
        file = path / _name(table, level, cube.is_preliminary, tail)
        file.write_bytes(_content(cube, table, level))
        written.append(file)
    return written


def cube_name(path: Path) -> str:
    """Return the cube that a file shows. Raises UserError if its name is none of IMDi's."""
    return _named(path)[0].cube


def read(path: Path) -> pa.Table:
    """Return the cells that a file holds, in our codes; dimensions that it lacks are not there."""
    table, level = _named(path)
    words = layout()
    region = words.regions[level]
    with path.open(encoding="iso-8859-1", newline="") as file:
        reader = csv.DictReader(file, delimiter=";")
        rows = list(reader)
    digits = _DIGITS[level]
    measure_of = {word: measure for measure, word in table.measures.items()}
    codes: dict[str, list[str]] = {
        "period": [row[words.year] for row in rows],
        "region": [
            COUNTRY if row[region["code"]] == COUNTRY else row[region["code"]].zfill(digits)
            for row in rows
        ],
    }
    for dimension, (heading, labels) in table.columns.items():
        code_of = {latin(label): code for code, label in labels.items()}
        codes[dimension] = [code_of[row[heading]] for row in rows]
    codes[MEASURE] = [measure_of[row[words.unit]] for row in rows]
    values = [row[words.value] for row in rows]
    return cells_table(
        dict(codes),
        ["" if each in _READ else each for each in values],
        [_READ.get(each, "") for each in values],
        _PRELIMINARY in path.name,
    )


def cells_of(path: Path, rows: pa.Table, totals: Mapping[str, str | None]) -> pa.Table:
    """The rows of the whole table that a file should hold, with the columns that `read` gives.

    `totals` are the codes of the dimensions' totals.
    """
    return _shown(*_named(path), rows, totals)


def _shown(
    table: ImdiTable, level: str, rows: pa.Table, totals: Mapping[str, str | None]
) -> pa.Table:
    wanted = np.ones(rows.num_rows, dtype=bool)
    kept = ["period", "region"]
    for name in [*totals, MEASURE]:
        codes = np.array(rows[name].to_pylist(), dtype=object)
        if name in table.columns:
            wanted &= np.isin(codes, list(table.columns[name][1]))
            kept.append(name)
        elif name == MEASURE:
            wanted &= np.isin(codes, list(table.measures))
        elif name == "region":
            wanted &= np.isin(np.vectorize(_level)(codes), [level])
        elif name != "period":
            wanted &= codes == totals[name]
    return rows.filter(pa.array(wanted)).select([*kept, MEASURE, "value", "sign", "is_preliminary"])


def latin(text: str) -> str:
    """A text in the characters of ISO-8859-1: č is c, ŋ is n, and what has no likeness is ?."""
    return "".join(map(_latin, one_line(text).translate(_LETTERS)))


def _latin(character: str) -> str:
    for each in (character, unicodedata.normalize("NFKD", character)):
        try:
            written = each.encode("iso-8859-1", "strict" if each == character else "ignore")
        except UnicodeEncodeError:
            continue
        if written:
            return written.decode("iso-8859-1")
    return "?"


def _table_of(cube: str) -> ImdiTable | None:
    return next((each for each in layout().tables if each.cube == cube), None)


def _name(table: ImdiTable, level: str, is_preliminary: bool, tail: str) -> str:
    mark = _PRELIMINARY if is_preliminary else ""
    return f"{table.name}_{layout().regions[level]['file']}{mark}{tail}.{EXTENSION}"


def _named(path: Path) -> tuple[ImdiTable, str]:
    """The table and the level of a file. Raises UserError if its name is none of IMDi's."""
    stem = (naming.stem_in(path.name) or "").removesuffix(_PRELIMINARY)
    for table in layout().tables:
        for level, region in layout().regions.items():
            if stem == f"{table.name}_{region['file']}":
                return table, level
    raise UserError(f"{path}: the name is none of IMDi's tables in imdi_tables.yml.")


def _level(region: str) -> str:
    return "municipality" if len(region) == _DIGITS["municipality"] else "county"


def _content(cube: PublishedCube, table: ImdiTable, level: str) -> bytes:
    _refuse_unlike(cube, table)
    words = layout()
    region = words.regions[level]
    buffer = io.StringIO(newline="")
    # Windows line ends: the service runs there, and readers of CSV take both.
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    headings = [heading for heading, _ in table.columns.values()]
    writer.writerow(
        [region["code"], region["name"], words.year, *headings, words.unit, words.value]
    )
    writer.writerows(_rows(cube, table, level))
    return buffer.getvalue().encode("iso-8859-1")


def _rows(cube: PublishedCube, table: ImdiTable, level: str) -> Iterator[Sequence[str]]:
    """The rows of one level, in the order of the cube's regions, then of the file's columns."""
    axes = {axis.name: axis for axis in cube.axes}
    order = {name: list(axes[name].code_names) for name in ("region", "period")}
    order |= {name: list(labels) for name, (_, labels) in table.columns.items()}
    order[MEASURE] = list(axes[MEASURE].code_names)
    label_of = {code.code: latin(code.label_nb) for code in axes["region"].codes}
    label_of[COUNTRY] = layout().country
    decimals = {each.name: each.decimals for each in cube.measures}
    totals = {each.name: each.total for each in cube.dimensions}
    rows = _shown(table, level, cube.to_rows(), totals).to_pylist()
    for row in sorted(rows, key=lambda row: [order[name].index(row[name]) for name in order]):
        if row["sign"] == CANNOT_OCCUR:
            continue
        region = row["region"]
        yield [
            region.lstrip("0") or COUNTRY,
            label_of[region],
            row["period"],
            *(latin(labels[row[name]]) for name, (_, labels) in table.columns.items()),
            table.measures[row[MEASURE]],
            _WRITTEN.get(row["sign"]) or f"{Decimal(row['value']):.{decimals[row[MEASURE]]}f}",
        ]


def _refuse_unlike(cube: PublishedCube, table: ImdiTable) -> None:
    names = [each.name for each in cube.dimensions]
    if lacking := [each for each in ("period", "region", *table.columns) if each not in names]:
        raise UserError(
            f"{table.name}: table {cube.name} has no dimension {lacking[0]}; it has "
            f"{', '.join(names)}. Mend imdi_tables.yml."
        )
    if not {each.name for each in cube.measures} & set(table.measures):
        raise UserError(
            f"{table.name}: table {cube.name} has none of the measures "
            f"{', '.join(table.measures)}. Mend imdi_tables.yml."
        )
    for dimension in cube.dimensions:
        is_column = dimension.name in ("region", "period", *table.columns)
        if dimension.total is None and not is_column:
            raise UserError(
                f"{table.name}: {dimension.name} of table {cube.name} has no total to stand at, "
                "and is no column in imdi_tables.yml."
            )
