"""JSON files of a release: written all alike, and descriptions of CSV files held against these."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

Said = TypeVar("Said")


def write(content: Any, path: Path, indent: int | None = 2) -> None:
    """Write a JSON file; without an indent as short as it can be."""
    separators = (",", ":") if indent is None else None
    text = json.dumps(content, ensure_ascii=False, indent=indent, separators=separators)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def differences(
    path: Path,
    described_in: Callable[[Any], Mapping[str, Said]],
    tables: Sequence[Path],
    fault_of: Callable[[Path, Said], str | None],
) -> list[str]:
    """Return what a description of CSV files says of them that is not so.

    `described_in` gives what it says by the file's name, `fault_of` what is wrong with a file.
    """
    name = path.name
    try:
        described = described_in(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [f"{name}: cannot be read ({type(error).__name__}). Take it anew."]
    gone = sorted(described.keys() - {each.name for each in tables})
    found = [f"{name}: {each} is not in the release." for each in gone]
    for table in tables:
        if table.name not in described:
            found.append(f"{name}: {table.name} is not described.")
        elif table.is_file() and (fault := fault_of(table, described[table.name])):
            found.append(fault)
    return found
