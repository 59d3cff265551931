"""The lines of a JSON file that are not read as they are, found by what their fields hold.

One query tells which fields the lines have, and of what types; of all lines together there are a
few ways. The lines that are odd in one are then read one by one (`linefields`).
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa

from introstat.contract import Table
from introstat.filereading import count
from introstat.receipt.linefields import Field, LineRead, line_of, read_line

_LINES_AT_ONCE = 20_000
_MOST_SHOWN = 3
# The types, as DuckDB calls them, that a field of each kind is read from as it is; a field that is
# not there has none.
_PLAIN: dict[str, set[str | None]] = {
    "text": {None, "NULL", "VARCHAR"},
    "digits": {None, "NULL", "VARCHAR", "UBIGINT"},
    "number": {None, "NULL", "VARCHAR", "UBIGINT", "BIGINT", "DOUBLE"},
    "flag": {None, "NULL", "BOOLEAN"},
    "object": {None, "NULL", "OBJECT"},
    "list": {None, "NULL", "ARRAY"},
}


@dataclass
class Told:
    """What is told of lines: how many, the number of the first, and the first few things told."""

    lines: int = 0
    first: int = 0
    things: list[str] = field(default_factory=list)

    def add(self, line: int, things: list[str]) -> None:
        """Add a line, if there is something to tell of it."""
        if things:
            self.first = self.first or line
            self.lines += 1
            new = [thing for thing in dict.fromkeys(things) if thing not in self.things]
            self.things += new[: _MOST_SHOWN - len(self.things)]

    def __str__(self) -> str:
        return f"{self.lines} lines, first line {self.first}: {'; '.join(self.things)}"


@dataclass
class FoundInLines:
    """What the lines of a file hold beside or instead of what the contract says.

    `unknown` are paths of fields; `wrong`, `meant` and `empty` are what is to be said of values
    that cannot be read, of fields that are read as meant and of objects in which nothing stands,
    each with how many lines and the first.
    """

    unknown: set[str] = field(default_factory=set)
    wrong: Told = field(default_factory=Told)
    meant: Told = field(default_factory=Told)
    empty: Told = field(default_factory=Told)


def find_odd_lines(
    connection: duckdb.DuckDBPyConnection, table: Table, line_number: str
) -> FoundInLines:
    """Make the table `odd_lines` of the lines in `parsed` that are not read as they are.

    Its columns are `place` (the rowid in `parsed`), `unreadable`, `line_read` (as JSON, the
    contract's fields as they are read, but for the person) and `personidentifikator`. `line_number`
    is SQL for a line's number in the file.
    """
    found = FoundInLines()
    line = line_of(table)
    connection.execute(
        "create or replace temp table odd_lines (place bigint, unreadable varchar, "
        "line_read varchar, personidentifikator varchar)"
    )
    odd = _odd_objects(connection, line, "line_content", "", line_number, found.unknown)
    for path, each in line.outside_lists():
        if each.kind == "list":
            one = Field(each.name, "object", each.parts)
            unnested = f"unnest(json_extract(line_content, '{path}[*]'))"
            within = path.removeprefix("$.")
            odd += _odd_objects(connection, one, unnested, within, line_number, found.unknown)
    if odd:
        _read_each(connection, line, odd, found)
    return found


def _odd_objects(
    connection: duckdb.DuckDBPyConnection,
    one: Field,
    value: str,
    within: str,
    line_number: str,
    unknown: set[str],
) -> list[tuple[str, list[str]]]:
    """Return a query of the lines (place, line_number) in which an object is odd, if any is.

    With it comes its one parameter. `value` is SQL for the object `one`, which a list at `within`
    holds if that is not empty. Fields that the contract has not are added to `unknown`.
    """
    parts = list(one.outside_lists())
    parents = [(path, part) for path, part in parts if part.kind == "object"]
    names = f"json_keys(value, {[path for path, _ in parents]})"
    types = f"json_type(value, {[path for path, _ in parts]})"
    objects = (
        f"(select place, line_number, {{'names': {names}, 'types': {types}}} as shape from "
        f"(select rowid as place, {line_number} as line_number, {value} as value from parsed))"
    )
    shapes = f"select distinct shape, shape::varchar as written from {objects}"
    odd = []
    for shape, written in connection.execute(shapes).fetchall():
        is_odd = False
        for (path, parent), there in zip(parents, shape["names"], strict=True):
            for name, times in Counter(there or ()).items():
                if name in parent.parts:
                    is_odd |= times > 1
                else:
                    unknown.add(".".join([*within.split(), *path.split(".")[1:], name]))
        for (_, part), json_type in zip(parts, shape["types"], strict=True):
            is_odd |= json_type not in _PLAIN[part.kind]
        of_paths = dict(zip((path for path, _ in parts), shape["types"], strict=True))
        is_odd |= any(
            of_paths[path] == "OBJECT"
            and all(of_paths[f"{path}.{name}"] in (None, "NULL") for name in part.parts)
            for path, part in parents
            if path != "$"
        )
        # A line is always something; in a list nothing may stand.
        if is_odd or (not within and shape["types"][0] != "OBJECT"):
            odd.append(written)
    if not odd:
        return []
    return [
        (f"select place, line_number from {objects} where list_contains(?, shape::varchar)", odd)
    ]


def _read_each(
    connection: duckdb.DuckDBPyConnection,
    line: Field,
    odd: list[tuple[str, list[str]]],
    found: FoundInLines,
) -> None:
    """Read the lines that the queries `odd` give into the table `odd_lines`."""
    queries = " union ".join(query for query, _ in odd)
    connection.execute(
        "create or replace temp table odd as "
        f"select *, row_number() over (order by place) as number from ({queries})",
        [shapes for _, shapes in odd],
    )
    for start in range(0, count(connection, "select count(*) from odd"), _LINES_AT_ONCE):
        rows = connection.execute(
            "select place, line_number, line_content from odd "
            "inner join parsed on odd.place = parsed.rowid "
            f"where number between {start + 1} and {start + _LINES_AT_ONCE} order by place"
        ).fetchall()
        made = []
        for place, number, content in rows:
            read = read_line(content, line)
            found.wrong.add(number, read.wrong)
            found.meant.add(number, read.meant)
            found.empty.add(number, read.empty)
            made.append((place, read.unreadable, *_kept(read)))
        _insert(connection, made)
    connection.execute("drop table odd")


def _kept(read: LineRead) -> tuple[str | None, str | None]:
    """Return the contract's fields as JSON, and the identity number, which is not in it."""
    if read.values is None:
        return None, None
    values = dict(read.values)
    person = (values.pop("inntektsmottaker", None) or {}).get("personidentifikator")
    return json.dumps(values, ensure_ascii=False), person


def _insert(connection: duckdb.DuckDBPyConnection, rows: list[tuple[Any, ...]]) -> None:
    names = ("place", "unreadable", "line_read", "personidentifikator")
    types = (pa.int64(), pa.string(), pa.string(), pa.string())
    columns = zip(*rows, strict=True)
    chunk = pa.table({n: pa.array(c, t) for n, c, t in zip(names, columns, types, strict=True)})
    connection.register("odd_rows", chunk)
    connection.execute("insert into odd_lines from odd_rows")
    connection.unregister("odd_rows")
