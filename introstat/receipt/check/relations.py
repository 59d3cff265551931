"""What the check reads: the tables of the sealed copy, typed as staging will type them.

The columns of a table are trimmed, empty as null; a column that is no text stands under its own
name as staging reads it (null where it cannot), and what stood there as `<column>_text`;
`<column>_is_readable` is there for income lines. The reading itself is dbt's macros.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
from pyarrow import parquet

from introstat.codelists import seed_relation
from introstat.contract import Column, Table
from introstat.places import project_root
from introstat.sql import text_literal

_MACROS = (
    "macros/staging/parse.sql",
    "macros/staging/placeholders.sql",
    "macros/engine/functions.sql",
)


@dataclass(frozen=True)
class SealedTable:
    """A table over its sealed files: the query of its rows, and the columns that stand in them.

    Not whole is one that lacks a column of the contract; its rows are not typed then.
    """

    query: str
    columns: list[str]
    is_whole: bool


def sealed_table(table: Table, paths: list[Path], derived: dict[str, str]) -> SealedTable:
    """Return a table over its sealed files, with a suite's derived columns."""
    # One that only some of the files have, too.
    columns = list({name: None for path in paths for name in parquet.read_schema(path).names})
    if {column.name for column in table.columns} <= set(columns):
        return SealedTable(typed_view(table, paths, derived), columns, is_whole=True)
    return SealedTable(f"select * {sealed_rows(paths)}", columns, is_whole=False)


def typed_view(table: Table, paths: list[Path], derived: dict[str, str]) -> str:
    """Return the query of a whole table over its sealed files, with a suite's derived columns."""
    texts, replaced, values = [], [], []
    for column in table.columns:
        name = f'"{column.name}"'
        if column.identity:
            continue
        if column.data_type == "income":
            broken = _macros().is_unparseable(name, None, column.data_type)
            values.append(f'not {broken} as "{column.name}_is_readable"')
            continue
        text = received_text(column)
        if column.data_type == "varchar":
            texts.append(f"{text} as {name}")
        else:
            texts.append(f'{text} as "{column.name}_text"')
            value = _macros().parsed(f'"{column.name}_text"', column.data_type)
            values.append(f"{value} as {name}")
        replaced.append(name)
    others = f"* exclude ({', '.join(replaced)})" if replaced else "*"
    more = [f"{sql} as {name}" for name, sql in derived.items()]
    return f"""
        with cleaned as (
            select {", ".join([others, *texts])}
            {sealed_rows(paths)}
        ),

        typed as (select {", ".join(["*", *values])} from cleaned)

        select {", ".join(["*", *more])} from typed
    """


def received_text(column: Column) -> str:
    """Return the SQL of what stands in a column, null where it is a placeholder for no date."""
    sql: str = _macros().contract_text(_plain_text(column), column.data_type, column.dated)
    return sql


def is_placeholder(column: Column) -> str:
    """Return the SQL of whether a placeholder for no date stands in a column of dates."""
    text = _plain_text(column)
    return f"{text} is distinct from {received_text(column)}"


def _plain_text(column: Column) -> str:
    text: str = _macros().received_text(f'"{column.name}"', column.data_type)
    return text


def sealed_rows(paths: list[Path]) -> str:
    """Return the from clause over sealed files."""
    files = ", ".join(text_literal(str(path)) for path in paths)
    return f"from read_parquet([{files}], union_by_name = true)"


@cache
def _macros() -> Any:
    """Return the project's macros as functions, with what of dbt they call: DuckDB's own."""

    def dispatch(name: str) -> Any:
        return getattr(template.module, f"default__{name}")

    def safe_cast(field: str, data_type: str) -> Any:
        return template.module.duckdb__safe_cast(field, data_type)  # type: ignore[attr-defined]

    environment = jinja2.Environment(
        extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined, autoescape=False
    )
    environment.globals.update(
        {
            "adapter": SimpleNamespace(dispatch=dispatch),
            "dbt": SimpleNamespace(safe_cast=safe_cast),
            "ref": seed_relation,
            "return": lambda value: value,
        }
    )
    texts = [(project_root() / path).read_text(encoding="utf-8") for path in _MACROS]
    template = environment.from_string("\n".join(texts))
    return template.module
