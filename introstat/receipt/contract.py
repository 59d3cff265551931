"""The input contract: which files a source delivers and which columns they have.

Read from the `_<source>__sources.yml` files in models/staging, where dbt reads it too.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from introstat.places import project_root

SOURCES = ("nir", "aordningen", "folkeregister", "status", "kostra")


@dataclass(frozen=True)
class Column:
    """One column of a file.

    `data_type` is what its text must be readable as (macros/staging/parse.sql); `identity` is
    'ident' or 'duf' where it holds identity numbers; `ranked` asks for the number's rank beside its
    pseudonym; `coded` is the pattern of a column
    whose long runs of digits are codes.
    """

    name: str
    data_type: str
    required: bool
    identity: str | None
    ranked: bool
    coded: str | None
    slice: tuple[int, int] | None


@dataclass(frozen=True)
class Table:
    """One table of a source: the file or the family of files that make it up.

    `fields` are the paths of the fields that the contract knows in a file of JSON lines.
    """

    name: str
    file_pattern: str
    format: str
    optional: bool
    width: int | None
    columns: tuple[Column, ...]
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """One source with its tables."""

    name: str
    tables: tuple[Table, ...]

    def table_of(self, dataset: str) -> Table | None:
        """Return the table a file belongs to by its name without ending, None if there is none."""
        return next((t for t in self.tables if re.fullmatch(t.file_pattern, dataset)), None)


@cache
def sources() -> dict[str, Source]:
    """Return the contract of every source by its name."""
    return {name: _source(name) for name in SOURCES}


def _source(name: str) -> Source:
    path: Path = project_root() / "models" / "staging" / name / f"_{name}__sources.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))["sources"][0]
    return Source(name, tuple(_table(table) for table in content["tables"]))


def _table(content: dict[str, Any]) -> Table:
    meta = _meta(content)
    return Table(
        name=content["name"],
        file_pattern=meta.get("file_pattern", re.escape(content["name"])),
        format=meta.get("format", "csv"),
        optional=meta.get("optional", False),
        width=meta.get("width"),
        columns=tuple(
            Column(
                name=column["name"],
                data_type=column["data_type"],
                required=_meta(column).get("required", False),
                identity=_meta(column).get("identity"),
                ranked=_meta(column).get("ranked", False),
                coded=_meta(column).get("coded"),
                slice=tuple(_meta(column)["slice"]) if "slice" in _meta(column) else None,
            )
            for column in content["columns"]
        ),
        fields=tuple(meta.get("fields", ())),
    )


def _meta(content: dict[str, Any]) -> dict[str, Any]:
    meta: dict[str, Any] = content.get("config", {}).get("meta", {})
    return meta
