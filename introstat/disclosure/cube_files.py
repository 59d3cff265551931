"""The cubes that `introstat protect` and `introstat audit` are given, and the files they write."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
from rich.console import Console

from introstat.disclosure.audit import AuditResult
from introstat.disclosure.layout import Layout, parse_hierarchy, read_text_csv
from introstat.disclosure.linked import CubeFile, Link, read_linked
from introstat.disclosure.policy import Policy
from introstat.disclosure.protection import Cube, method_by
from introstat.disclosure.report import audit_lines, audit_report, to_json
from introstat.errors import UserError


@dataclass(frozen=True)
class NamedCube:
    """One cube of a command: its file of counts (None where only published files are read), and
    how it is described.
    """

    counts: CubeFile | None
    layout: Layout
    additive: bool
    method: str


def layout_of(
    dims: str,
    hierarchies: tuple[str, ...],
    totals: tuple[str, ...],
    without: tuple[str, ...],
    tables: tuple[str, ...],
) -> Layout:
    """Return what the options of a command say of a table; UserError names the one that is not
    understood.
    """
    codes: dict[str, str | None] = {}
    for total in totals:
        name, equals, code = total.partition("=")
        if not equals or not code:
            raise UserError(f"Total {total!r}: expected `dimension=CODE`.")
        codes[name] = code
    return Layout(
        _items(dims),
        tuple(parse_hierarchy(text) for text in hierarchies),
        codes | dict.fromkeys(without),
        tuple(_items(table) for table in tables),
    )


def _items(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(",") if item.strip())


def named_cube(name: str, file: CubeFile, policy: Policy, method: str | None) -> NamedCube:
    """Return a cube to be protected: by `method`, or else as its file or the policy says."""
    chosen = method or file.method or method_by(policy, name, file.additive)
    return NamedCube(file, file.layout, file.additive, chosen)


def linked_cubes(
    path: Path, policy: Policy, method: str | None
) -> tuple[dict[str, NamedCube], tuple[Link, ...]]:
    """Return the cubes of a file of linked cubes, and what ties them besides sums."""
    cubes, links = read_linked(path)
    return {name: named_cube(name, file, policy, method) for name, file in cubes.items()}, links


def counts_of(one: NamedCube) -> CubeFile:
    """Return the file of counts of a cube to be protected."""
    assert one.counts is not None, "a cube to be protected has a file of counts"
    return one.counts


def cube_of(one: NamedCube) -> Cube:
    """Read the counts of a cube to be protected."""
    file = counts_of(one)
    return Cube(
        read_text_csv(file.file),
        one.layout,
        file.count,
        file.persons,
        file.pool,
        one.additive,
        one.method,
    )


def earlier_tables(
    places: Sequence[Path], cubes: Mapping[str, NamedCube], linked: bool
) -> dict[str, list[pa.Table]]:
    """Read the earlier tables of each cube; an earlier release need not have every cube."""
    then: dict[str, list[pa.Table]] = {name: [] for name in cubes}
    for place in places:
        if linked != place.is_dir():
            expected = "a folder with a file NAME.csv for each cube" if linked else "a file"
            raise UserError(f"--earlier {place}: expected {expected}.")
        for name in cubes:
            file = place / f"{name}.csv" if linked else place
            if file.exists():
                then[name].append(read_text_csv(file))
    return then


def show_results(results: Mapping[str, AuditResult], console: Console) -> None:
    """Print what the audit found of each cube."""
    for what, result in results.items():
        for line in audit_lines(result):
            prefix = f"{what}: " if len(results) > 1 else ""
            console.print(prefix + line, highlight=False, soft_wrap=True, markup=False)


def write_report(path: Path, results: Mapping[str, AuditResult], more: dict[str, Any]) -> None:
    """Write the report, for its owner alone: it names primary cells, like the restricted list."""
    content: dict[str, Any] = {
        "passed": all(result.passed for result in results.values()),
        "audits": {what: audit_report(result) for what, result in results.items()},
    }
    path.write_text(to_json(content | more), encoding="utf-8")
    path.chmod(0o600)


def write_aside(table: pa.Table, out: Path, place: bool = False) -> Path:
    """Write a CSV file under a name of its own beside `out`; `place` moves it there at once."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
        os.close(handle)
        aside = Path(name)
        pyarrow.csv.write_csv(table, aside)
    except OSError as error:
        raise UserError(f"{out}: cannot be written: {error}") from None
    return aside.replace(out) if place else aside
