"""The cubes that `introstat protect` and `introstat audit` are given, and the files they write."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.console import Console

from introstat.disclosure.audit import AuditResult
from introstat.disclosure.console import say
from introstat.disclosure.errors import UserError
from introstat.disclosure.layout import Layout, parse_hierarchy
from introstat.disclosure.linked import Link
from introstat.disclosure.linked_file import CubeFile, read_linked
from introstat.disclosure.policy import Policy
from introstat.disclosure.report import audit_lines, audit_report, to_json
from introstat.disclosure.textfile import read_text_csv


@dataclass(frozen=True)
class TableOptions:
    """The options of both commands that say what the tables look like."""

    dims: str | None
    hierarchies: tuple[str, ...]
    totals: tuple[str, ...]
    without: tuple[str, ...]
    categories: tuple[str, ...]
    policy_file: Path
    method: str | None
    cube: str | None
    not_additive: bool
    linked: Path | None
    earlier: tuple[Path, ...]
    exact: int
    report: Path | None

    def cubes(
        self,
        policy: Policy,
        needed: Mapping[str, object],
        tables: tuple[str, ...] = (),
        **single: Any,
    ) -> tuple[dict[str, CubeFile], tuple[Link, ...]]:
        """Return the cubes with their methods, and what ties them besides sums.

        They are those of --linked, or the one of the other options, of which some are `needed`;
        `tables` and `single` say more of that one. Raises UserError where both are given, neither
        is, or an option is not understood.
        """
        cubes: dict[str, CubeFile]
        links: tuple[Link, ...] = ()
        if self.linked:
            given = {**needed, "--cube": self.cube}
            if both := [option for option, value in given.items() if value]:
                raise UserError(
                    f"--linked {self.linked} says what the cubes are; leave out {', '.join(both)}."
                )
            cubes, links = read_linked(self.linked)
        elif not all(needed.values()):
            *most, last = needed
            wanted = f"{', '.join(most)} and {last}" if most else last
            raise UserError(f"Wanted: {wanted}; or --linked FILE.")
        else:
            layout, additive = self._layout(tables), not self.not_additive
            one = CubeFile(layout=layout, additive=additive, **single)
            cubes = {self.cube or one.file.stem: one}
        by_name = {
            name: self.method or one.method or policy.method_of(name, one.additive)
            for name, one in cubes.items()
        }
        return {name: replace(one, method=by_name[name]) for name, one in cubes.items()}, links

    def _layout(self, tables: tuple[str, ...]) -> Layout:
        codes: dict[str, str | None] = dict(_code("Total", total) for total in self.totals)
        categories: dict[str, tuple[str, ...]] = {}
        for text in self.categories:
            name, code = _code("Category", text)
            categories[name] = (*categories.get(name, ()), code)
        return Layout(
            _items(self.dims or ""),
            tuple(parse_hierarchy(text) for text in self.hierarchies),
            codes | dict.fromkeys(self.without),
            tuple(_items(table) for table in tables),
            categories=categories,
        )

    def earlier_tables(
        self, cubes: Mapping[str, CubeFile], value: str = "value"
    ) -> dict[str, list[pa.Table]]:
        """Read the earlier tables of each cube; an earlier release need not have every cube.

        `value` is the column of their figures.
        """
        then: dict[str, list[pa.Table]] = {name: [] for name in cubes}
        for place in self.earlier:
            if bool(self.linked) != place.is_dir():
                expected = (
                    "a folder with a file NAME.csv for each cube" if self.linked else "a file"
                )
                raise UserError(f"--earlier {place}: expected {expected}.")
            for name in cubes:
                file = place / f"{name}.csv" if self.linked else place
                if file.exists():
                    then[name].append(read_text_csv(file, [value]))
        return then

    def tell(self, results: Mapping[str, AuditResult], console: Console, **more: Any) -> bool:
        """Print what the audit found, write the report if one is wanted; whether all passed.

        The report is for its owner alone: it names primary cells, like the restricted list.
        """
        for what, result in results.items():
            for line in audit_lines(result):
                say(console, f"{what}: {line}" if len(results) > 1 else line)
        passed = all(result.passed for result in results.values())
        if self.report:
            audits = {what: audit_report(result) for what, result in results.items()}
            content = {"passed": passed, "audits": audits} | more
            write_whole(to_json(content).encode(), self.report)
        return passed


def _code(what: str, text: str) -> tuple[str, str]:
    name, _, code = (part.strip() for part in text.partition("="))
    if not name or not code:
        raise UserError(f"{what} {text!r}: expected `dimension=CODE`.")
    return name, code


def _items(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(",") if item.strip())


def write_aside(content: bytes, out: Path) -> Path:
    """Write a file under a name of its own beside `out`, for its owner alone.

    Raises UserError if that cannot be done.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
    except OSError as error:
        raise _unwritable(out, error) from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    except OSError as error:
        Path(name).unlink()
        raise _unwritable(out, error) from None
    return Path(name)


def write_whole(content: bytes, out: Path) -> None:
    """Write a file whole or not at all, for its owner alone. Raises UserError if it cannot."""
    aside = write_aside(content, out)
    try:
        aside.replace(out)
    except OSError as error:
        aside.unlink()
        raise _unwritable(out, error) from None


def _unwritable(out: Path, error: OSError) -> UserError:
    return UserError(f"{out}: {error.strerror}. Choose another place or mend it.")
