"""What the check reads: the tables of the sealed copy, typed as staging will type them.

The columns of a table are trimmed, empty as null; a column that is no text stands under its own
name as staging reads it (null where it cannot), and what stood there as `<column>_text`;
`<column>_received` is there, placeholder or not, for dates that a row counts without;
`<column>_is_readable` is there for income lines, `<column>_is_valid` for organisation numbers. The
reading itself is dbt's macros.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from pyarrow import parquet

from introstat.codelists import seed_relation
from introstat.contract import Column, Table
from introstat.macros import environment, macros
from introstat.places import project_root
from introstat.sql import quoted_name, text_literal


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
            broken = macros().is_unparseable(name, None, column.data_type)
            values.append(f'not {broken} as "{column.name}_is_readable"')
            continue
        text = received_text(column)
        if column.coded:
            text = macros().received_codes(name)
        if column.data_type == "varchar":
            texts.append(f"{text} as {name}")
        else:
            texts.append(f'{text} as "{column.name}_text"')
            if column.may_be_placeholder:
                texts.append(f'{_plain_text(column)} as "{column.name}_received"')
            value = macros().parsed(f'"{column.name}_text"', column.data_type)
            values.append(f"{value} as {name}")
        replaced.append(name)
    if table.width:  # as staging counts the lines of a form
        fields = ", ".join(quoted_name(column.name) for column in table.columns)
        texts.append(
            f"row_number() over (partition by file_name, line_content, {fields} "
            "order by line_number) as occurrence"
        )
    others = f"* exclude ({', '.join(replaced)})" if replaced else "*"
    more = [f"{sql} as {name}" for name, sql in derived.items()]
    more += [
        f'{macros().is_organisation_number(quoted_name(column.name))} as "{column.name}_is_valid"'
        for column in table.columns
        if column.data_type == "organisation_number"
    ]
    return f"""
        with cleaned as (
            select {", ".join([others, *texts])}
            {sealed_rows(paths)}
        ),

        typed as (select {", ".join(["*", *values])} from cleaned)

        select {", ".join(["*", *more])} from typed
    """


def controlled(sealed: SealedTable, model: str, beside: str | None) -> SealedTable:
    """Return a whole table with the columns that a model of the warehouse makes of its rows.

    The model's own text, run on the sealed copy: what is found here is found in the warehouse.
    `beside` is the view of NIR's persons, if they are known.
    """
    if not sealed.is_whole:
        return sealed
    persons = f"select ident, fodselsdato as birth_date from {beside}"
    if beside is None:
        persons = "select null::varchar as ident, null::date as birth_date where false"
    relations = {"stg_kostra__lines": "typed", "stg_nir__personer": f"({persons})"}
    [path] = (project_root() / "models").rglob(f"{model}.sql")
    known = environment(ref=lambda name: relations.get(name) or seed_relation(name))
    controls = known.from_string(path.read_text(encoding="utf-8")).render()
    query = f"""
        with typed as ({sealed.query}),

        controls as ({controls})

        select typed.*, controls.* exclude (delivered, file_name, line_number)
        from typed
        inner join controls
            on typed.file_name = controls.file_name and typed.line_number = controls.line_number
    """
    return replace(sealed, query=query)


def received_text(column: Column) -> str:
    """Return the SQL of what stands in a column, null where it is a placeholder for no date."""
    sql: str = macros().contract_text(_plain_text(column), column.data_type, column.dated)
    return sql


def is_placeholder(column: Column) -> str:
    """Return the SQL of whether a placeholder for no date stands in a column of dates."""
    text = _plain_text(column)
    return f"{text} is distinct from {received_text(column)}"


def _plain_text(column: Column) -> str:
    text: str = macros().received_text(f'"{column.name}"', column.data_type)
    return text


def sealed_rows(paths: list[Path]) -> str:
    """Return the from clause over sealed files."""
    files = ", ".join(text_literal(str(path)) for path in paths)
    return f"from read_parquet([{files}], union_by_name = true)"
