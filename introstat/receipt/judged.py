"""What staging would set aside of sealed rows, and why: dbt's own models, rendered without dbt.

The models of models/staging/base and their macros judge the rows. What is added here is only which
column it was.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2

from introstat.codelists import has_seed, seed_relation
from introstat.contract import Source, Table, described, for_macros
from introstat.macros import environment
from introstat.places import project_root
from introstat.receipt.check.relations import typed_view
from introstat.receipt.check.rules import rules
from introstat.sql import quoted_name, text_literal

# The reasons of staging as the reception check says them, where it asks the same.
_SAID_AS = {
    "missing_required": "required_empty",
    "unparseable_value": "unreadable_value",
    "end_before_start": "end_before_start",
    "invalid_ident": "invalid_ident",
    "orphan": "participation_missing",
    "superseded_key": "key_repeated",
}
_SAID_HERE = {
    "duplicate_row": "rows are the same as an earlier one; `once: true` makes one of them"
}


@dataclass(frozen=True)
class SetAside:
    """Rows of a file that staging sets aside for one reason, by the column that gives it, if any.

    `line` is the first row's.
    """

    file_name: str
    table: Table
    column: str | None
    reason: str
    rows: int
    line: int

    @property
    def said(self) -> str:
        """The reason in words."""
        if self.reason in _SAID_AS:
            return rules()[_SAID_AS[self.reason]].finding_en
        return _SAID_HERE.get(self.reason, f"reason {self.reason}")


def judge(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    delivered: date,
    tables: dict[Table, list[Path]],
    received: Path,
) -> Iterator[SetAside]:
    """Give what staging would set aside of a delivery's sealed files, table by table.

    `received` is a received copy that holds nothing but the delivery and the shapes of its tables.
    """
    connection.execute(f"set file_search_path = {text_literal(str(received))}")
    models = _Models(connection, source.name, delivered)
    for table, paths in tables.items():
        model = models.made(f"base_{source.name}__{table.name}")
        columns = models.columns(source.name, table.name)
        yield from _set_aside(connection, table, paths, columns, model)


def _set_aside(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    paths: list[Path],
    columns: list[dict[str, Any]],
    model: str,
) -> Iterator[SetAside]:
    faults = list(_faults(columns))
    counted = ", ".join(
        f"count(*) filter (where {fault}), min(line_number) filter (where {fault})"
        for _, _, fault in faults
    )
    told = set()
    for file_name, *found in connection.execute(
        f"select file_name, {counted} from ({typed_view(table, paths, {})}) as received "
        f"semi join {model} as judged on received.file_name = judged.file_name "
        "and received.line_number = judged.line_number and judged.reason is not null "
        "group by file_name order by file_name"
    ).fetchall():
        for (column, reason, _), rows, line in zip(faults, found[::2], found[1::2], strict=True):
            if rows:
                told.add((file_name, reason))
                yield SetAside(file_name, table, column, reason, rows, line)
    whole = {"orphan": "deltakelse_id"} | {
        reason: column["source_name"]
        for column in columns
        for reason, is_it in (
            ("superseded_key", column["key"]),
            ("end_before_start", column["period"] == "to"),
        )
        if is_it
    }
    for file_name, reason, rows, line in connection.execute(
        f"select file_name, reason, count(*), min(line_number) from {model} "
        "where reason is not null group by all order by all"
    ).fetchall():
        if (file_name, reason) not in told:
            yield SetAside(file_name, table, whole.get(reason), reason, rows, line)


def _faults(columns: list[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Give what one value can be set aside for: the column, the reason and the condition."""
    for column in columns:
        name = column["quoted"]
        is_typed = column["type"] != "varchar"
        text = quoted_name(f"{column['source_name']}_text") if is_typed else name
        if column["required"]:
            yield column["source_name"], "missing_required", f"{text} is null"
        if is_typed:
            fault = f"{text} is not null and {name} is null"
            yield column["source_name"], "unparseable_value", fault
        if column["identity"] == "ident":
            fault = f"{name} is not null and not {column['beside'][0]}"
            yield column["source_name"], "invalid_ident", fault


class _Models:
    """Models of staging as tables of a DuckDB, each made when it is asked for."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, source: str, delivered: date) -> None:
        self._connection = connection
        self._made = {"stg_receipt__files"}
        self._jinja = _environment(source, self.made)
        connection.execute(
            "create or replace temp table stg_receipt__files as select "
            f"{text_literal(source)} as source, date '{delivered}' as delivered, "
            f"date '{delivered}' as as_of, true as is_used"
        )

    def columns(self, source: str, table: str) -> list[dict[str, Any]]:
        """Return a table's columns as the models see them."""
        macro: Any = self._jinja.globals["contract_columns"]
        found: list[dict[str, Any]] = macro(source, table)
        return found

    def made(self, name: str) -> str:
        """Return the name of a model or a seed as a relation."""
        if name in self._made:
            return name
        if has_seed(name):
            return seed_relation(name)
        path = project_root() / "models" / "staging" / "base" / f"{name}.sql"
        rendered = self._jinja.from_string(path.read_text(encoding="utf-8")).render()
        self._connection.execute(f"create or replace temp table {name} as {rendered}")
        self._made.add(name)
        return name


def _environment(source: str, ref: Callable[[str], str]) -> jinja2.Environment:
    """Return what models of staging are rendered in; `ref` gives models as well."""
    known = described(source)
    place = known["config"]["meta"]["external_location"]
    return environment(
        execute=True,
        graph=SimpleNamespace(
            sources={
                f"source.introstat.{source}.{table['name']}": SimpleNamespace(
                    columns={each["name"]: for_macros(each) for each in table["columns"]}
                )
                for table in known["tables"]
            }
        ),
        ref=ref,
        source=lambda _, table: place.format(name=table),
    )
