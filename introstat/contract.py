"""The input contract: which files a source delivers and which columns they have.

Read from the `_<source>__sources.yml` files in models/staging, where dbt reads it too.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import Any

import yaml

from introstat.macros import macros
from introstat.places import project_root

SOURCES = ("nir", "aordningen", "folkeregister", "status", "kostra")
MANIFEST = "manifest.json"
# What the column `unreadable` of the received copy says of a row in which nothing can be read as
# the contract says, or something cannot.
UNREADABLE_ROW = "row"
UNREADABLE_VALUE = "value"
ENCODINGS = ("utf-8", "latin-1")
_ENDINGS = {
    "csv": (".csv", ".csv.gz", ".parquet"),
    "jsonl": (".jsonl", ".jsonl.gz"),
    "fixed_width": (".dat", ".dat.gz"),
}


@dataclass(frozen=True)
class Column:
    """One column of a file.

    `data_type` is what its text must be readable as (macros/staging/parse.sql); `identity` is
    'ident', 'duf' or 'form_duf' where it holds identity numbers; `ranked` asks for the number's
    rank beside its pseudonym; `coded` is the pattern of a column whose long runs of digits are
    codes; `yes_no` are the words for true and false; `slice` is where it stands in a line of fixed
    width, and `letters` whether more than digits may stand there. `dated` is what a date's column
    is dates of (birth, start, since, end, day), None where it holds none: what placeholders mean
    there. `may_be_placeholder` is whether a row counts without it where nobody knows it, `is_text`
    whether every text can be read as its type. These three are dbt's macros' to say.
    """

    name: str
    data_type: str
    required: bool
    identity: str | None
    ranked: bool
    coded: str | None
    is_text: bool
    yes_no: tuple[str, str] | None
    slice: tuple[int, int] | None
    letters: bool
    dated: str | None
    may_be_placeholder: bool


@dataclass(frozen=True)
class Table:
    """One table of a source: the file or the family of files that make it up.

    `fields` are the paths of the fields that the contract knows in a file of JSON lines, with what
    each holds.
    """

    name: str
    file_pattern: str
    format: str
    optional: bool
    width: int | None
    columns: tuple[Column, ...]
    fields: dict[str, str] = field(hash=False)

    @property
    def file_name(self) -> str:
        """How its file is named, for messages."""
        stem = self.file_pattern.replace(r"-\d{4}-\d{2}", "-YYYY-MM").replace(r"-\d{4}", "-YYYY")
        return stem + _ENDINGS[self.format][0]


@dataclass(frozen=True)
class Source:
    """One source with its tables."""

    name: str
    tables: tuple[Table, ...]

    def file_of(self, name: str) -> tuple[str, Table] | None:
        """Return the dataset and table of a file by its name, None if it is no file of these."""
        dataset = name.split(".", 1)[0]
        for table in self.tables:
            if re.fullmatch(table.file_pattern, dataset):
                return (dataset, table) if name.endswith(_ENDINGS[table.format]) else None
        return None

    @property
    def file_names(self) -> str:
        """How all its files are named, for messages."""
        return ", ".join(table.file_name for table in self.tables)


@cache
def sources() -> dict[str, Source]:
    """Return the contract of every source by its name."""
    return {name: _source(name) for name in SOURCES}


def _source(name: str) -> Source:
    return Source(name, tuple(_table(table) for table in described(name)["tables"]))


@cache
def described(source: str) -> dict[str, Any]:
    """Return a source as its YAML file describes it for dbt."""
    path = project_root() / "models" / "staging" / source / f"_{source}__sources.yml"
    text = path.read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)["sources"][0]
    return content


def for_macros(column: dict[str, Any]) -> SimpleNamespace:
    """Return a described column as dbt gives it to macros."""
    return SimpleNamespace(
        name=column["name"],
        data_type=column["data_type"],
        config=SimpleNamespace(meta=_meta(column)),
    )


def _table(content: dict[str, Any]) -> Table:
    meta = _meta(content)
    return Table(
        name=content["name"],
        file_pattern=meta.get("file_pattern", re.escape(content["name"])),
        format=meta.get("format", "csv"),
        optional=meta.get("optional", False),
        width=meta.get("width"),
        columns=tuple(_column(column) for column in content["columns"]),
        fields=meta.get("fields", {}),
    )


def _column(content: dict[str, Any]) -> Column:
    meta = _meta(content)
    column = for_macros(content)
    return Column(
        name=content["name"],
        data_type=content["data_type"],
        required=meta.get("required", False),
        identity=meta.get("identity"),
        ranked=meta.get("ranked", False),
        coded=meta.get("coded"),
        is_text=macros().is_text_type(column.data_type),
        yes_no=tuple(meta["yes_no"]) if "yes_no" in meta else None,
        slice=tuple(meta["slice"]) if "slice" in meta else None,
        letters=meta.get("letters", False),
        dated=macros().contract_date(column) or None,
        may_be_placeholder=macros().may_be_placeholder(column),
    )


def _meta(content: dict[str, Any]) -> dict[str, Any]:
    meta: dict[str, Any] = content.get("config", {}).get("meta", {})
    return meta
