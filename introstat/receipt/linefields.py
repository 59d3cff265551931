"""The fields of a JSON line, and a line read field by field as the contract says.

A list of one where one value is meant is that value, and one object where a list is meant is a list
of it. What cannot be read is told, and something stands in its place: it is never missing.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from introstat.contract import UNREADABLE_ROW, UNREADABLE_VALUE, Table

# Stands for a text that cannot be read.
UNREAD = "?"
_EXPECTED = {
    "text": "a text",
    "digits": "a text or a whole number",
    "number": "a number",
    "flag": "true or false",
    "object": "an object",
    "list": "a list",
}
_FLAGS = {"true", "false", "1", "0", "ja", "nei", "j", "n"}


@dataclass(frozen=True)
class Field:
    """A field by its name; `parts` are the fields of an object, or of the objects of a list."""

    name: str
    kind: str
    parts: dict[str, "Field"] = field(default_factory=dict)

    @property
    def unread(self) -> Any:
        """What stands for a value that cannot be read."""
        if self.kind == "list":
            return []
        if self.kind == "object":
            return {name: part.unread for name, part in self.parts.items()}
        return UNREAD

    def outside_lists(self, path: str = "$") -> Iterator[tuple[str, "Field"]]:
        """Give the field and those in it with their JSON paths, but for what is within a list."""
        yield path, self
        if self.kind == "object":
            for name, part in self.parts.items():
                yield from part.outside_lists(f"{path}.{name}")


def line_of(table: Table) -> Field:
    """Return the line of a table as the object that its fields make up."""
    line = Field("", "object")
    for path, kind in table.fields.items():
        *parents, name = path.replace("[*]", "").split(".")
        within = line
        for parent in parents:
            within = within.parts[parent]
        within.parts[name] = Field(name, kind)
    return line


@dataclass
class LineRead:
    """One line as it was read: `values` of the contract's fields, and what is to be said of it.

    `wrong` tells what cannot be read, `meant` names the fields that are read as what was meant,
    `empty` the objects in which none of the contract's fields stands.
    """

    values: dict[str, Any] | None = None
    wrong: list[str] = field(default_factory=list)
    meant: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)

    @property
    def unreadable(self) -> str | None:
        """What the received copy says of it."""
        if self.values is None:
            return UNREADABLE_ROW
        return UNREADABLE_VALUE if self.wrong else None


def read_line(content: str, line: Field) -> LineRead:
    """Read one line of JSON. One that is no object has no values."""
    read = LineRead()
    try:
        found = json.loads(
            content,
            object_pairs_hook=_Members,
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_Number,
        )
    except (ValueError, RecursionError):  # what DuckDB reads and Python does not
        read.wrong.append("the line cannot be read")
        return read
    if _fits(found, "object"):
        read.values = _object(found, line, "", read)
    else:
        read.wrong.append(f"the line is {_called(found)}, expected an object")
    return read


class _Number(str):
    """A number as it is written in JSON."""

    __slots__ = ()

    def text(self) -> str:
        """Return it without an exponent."""
        whole = self.removeprefix("-").isdigit()
        return str(self) if whole else format(Decimal(repr(float(self))), "f").removesuffix(".0")


@dataclass(frozen=True)
class _Members:
    """An object as it is written in JSON, where a name may stand twice."""

    pairs: list[tuple[str, Any]]


def _value(found: Any, expected: Field, path: str, read: LineRead) -> Any:
    if found is None:
        return None
    is_list = expected.kind == "list"
    if isinstance(found, str) and not isinstance(found, _Number) and not found.strip():
        return None  # a text of nothing is nothing, whatever was meant
    if isinstance(found, list) and len(found) == 1 and found[0] is not None and not is_list:
        read.meant.append(path)
        found = found[0]
    elif isinstance(found, _Members) and is_list:
        read.meant.append(path)
        found = [found]
    if not _fits(found, expected.kind):
        read.wrong.append(f"{path} is {_called(found)}, expected {_EXPECTED[expected.kind]}")
        return expected.unread
    if is_list:
        one = Field(expected.name, "object", expected.parts)
        return [_value(each, one, path, read) for each in found]
    if expected.kind == "object":
        return _object(found, expected, path, read)
    return found.text() if isinstance(found, _Number) else found


def _object(found: _Members, expected: Field, path: str, read: LineRead) -> dict[str, Any]:
    members = dict(found.pairs)
    times = Counter(name for name, _ in found.pairs)
    values = {}
    for name, part in expected.parts.items():
        inner = f"{path}.{name}".lstrip(".")
        if times[name] > 1:
            read.wrong.append(f"{inner} is there {times[name]} times")
            values[name] = part.unread
        elif times[name]:
            values[name] = _value(members[name], part, inner, read)
    if path and all(value is None for value in values.values()):
        read.empty.append(path)
    return values


def _fits(found: Any, kind: str) -> bool:
    match kind:
        case "object":
            return isinstance(found, _Members)
        case "list":
            return isinstance(found, list)
        case "text":
            return isinstance(found, str) and not isinstance(found, _Number)
        case "digits" if isinstance(found, _Number):
            return found.text().isdigit()
        case "flag":
            return isinstance(found, bool | str) and str(found).strip().lower() in _FLAGS
    return isinstance(found, str)


def _called(found: Any) -> str:
    match found:
        case None:
            return "null"
        case _Members():
            return "an object"
        case bool():
            return "true or false"
        case _Number():
            return "a number"
        case str():
            return "a text"
    return f"a list of {len(found)}"
