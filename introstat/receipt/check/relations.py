"""What the check reads: views over the sealed copy, typed as staging will type it.

One view per table of the contract, `<source>.<table>`: its columns trimmed, empty as null; a column
that is no text under its own name as staging reads it (null where it cannot), and what stood there
as `<column>_text`; `<column>_is_readable` for income lines. The reading itself is dbt's macros.
"""

from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
from pyarrow import parquet

from introstat.places import project_root
from introstat.receipt.contract import Table
from introstat.sql import text_literal

_MACROS = (
    "macros/staging/parse.sql",
    "macros/staging/checked_rows.sql",
    "macros/engine/functions.sql",
)


def sealed_columns(paths: list[Path]) -> list[str]:
    """Return the columns of a table's sealed files, one that only some of them have too."""
    return list({name: None for path in paths for name in parquet.read_schema(path).names})


def typed_view(table: Table, paths: list[Path], derived: dict[str, str]) -> str:
    """Return the query of a table's view over its sealed files, with a suite's derived columns."""
    texts, replaced, values = [], [], []
    for column in table.columns:
        name = f'"{column.name}"'
        if column.identity:
            continue
        if column.data_type == "income":
            # The macro reads its columns as text_1, text_2 and so on.
            texts.append(f"{name} as text_1")
            broken = _macros().cannot_be_read([{"name": column.name, "data_type": "income"}])
            values.append(f'not {broken} as "{column.name}_is_readable"')
            continue
        text = _macros().clean(name)
        if column.data_type == "ddmmyy":
            text = f"nullif({text}, '000000')"
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


def sealed_rows(paths: list[Path]) -> str:
    """Return the from clause over sealed files."""
    files = ", ".join(text_literal(str(path)) for path in paths)
    return f"from read_parquet([{files}], union_by_name = true)"


@cache
def _macros() -> Any:
    """Return dbt's macros as functions; `adapter.dispatch` finds the default of each."""

    def dispatch(name: str) -> Any:
        return getattr(template.module, f"default__{name}")

    environment = jinja2.Environment(
        extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined, autoescape=False
    )
    environment.globals.update(
        {"adapter": SimpleNamespace(dispatch=dispatch), "return": lambda value: value}
    )
    texts = [(project_root() / path).read_text(encoding="utf-8") for path in _MACROS]
    template = environment.from_string("\n".join(texts))
    return template.module
