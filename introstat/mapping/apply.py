"""A mapping applied to an office's file: rows for the tables of the contract, and what was found.

No row is lost: each is mapped to at least one table or left out by a condition that gives its
reason; a row that is neither refuses the delivery.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import duckdb

from introstat.errors import DeliveryRefused
from introstat.filereading import count
from introstat.mapping.findings import MappingFinding, damage, finding
from introstat.mapping.formats import TRANSFORMS, dates_sql, joined_number, kept_unread
from introstat.mapping.layout import Condition, Field, Ignored, MappingRule, OfficeFile
from introstat.mapping.office import Office
from introstat.queries import first_row, only_row
from introstat.sql import quoted_name, text_literal

_KEY_SEPARATOR = "/"


@dataclass
class MappedRule:
    """What became of one rule: rows it gave, rows that were the same as another's, findings."""

    rule: MappingRule
    rows: int
    collapsed: int
    findings: list[MappingFinding] = field(default_factory=list)


@dataclass
class Coverage:
    """Where the rows of an office's file go.

    `ignored` counts the rows left out by each condition in the mapping's order. `unmatched` counts
    rows that nothing fits, the first of them on `first_unmatched`. `damaged` says what spreadsheets
    have done to values, in words.
    """

    mapped: int
    ignored: tuple[int, ...]
    unmatched: int
    first_unmatched: int | None
    damaged: tuple[str, ...] = ()


def missing_columns(layout: OfficeFile, office: Office) -> tuple[list[str], list[str]]:
    """Return the columns that the mapping reads and the file lacks: needed ones, and the others."""
    lacking = layout.used - set(office.names)
    needed = {c.column for ignored in layout.ignored for c in ignored.when}
    for rule in layout.rules:
        needed |= {condition.column for condition in rule.when}
        for each in rule.fields:
            if each.key or each.target.required or each.target.identity:
                needed |= set(each.reads)
    return sorted(lacking & needed), sorted(lacking - needed)


def coverage(connection: duckdb.DuckDBPyConnection, layout: OfficeFile, office: Office) -> Coverage:
    """Judge every row of the table `office` and make the view `judged`.

    The view adds `ignored_by` (the number of the condition that leaves the row out, else null) and
    m0, m1 … (whether the rule's rows take it in).
    """
    ignored = " ".join(
        f"when {_is_left_out(each, office)} then {number}"
        for number, each in enumerate(layout.ignored)
    )
    matches = ", ".join(
        f"ignored_by is null and {_holds(rule.when, office)} as m{number}"
        for number, rule in enumerate(layout.rules)
    )
    any_match = " or ".join(f"m{number}" for number in range(len(layout.rules)))
    connection.execute(
        f"""
        create or replace temp view judged as
        select *, {any_match} as is_mapped from (
            select *, {matches} from (
                select *, {f"case {ignored} end" if ignored else "null::integer"} as ignored_by
                from office
            )
        )
        """
    )
    row = only_row(
        connection,
        "select count(*) filter (where is_mapped), "
        "count(*) filter (where not is_mapped and ignored_by is null), "
        "min(line_number) filter (where not is_mapped and ignored_by is null) from judged",
    )
    counts = dict(
        connection.execute(
            "select ignored_by, count(*) from judged where ignored_by is not null group by 1"
        ).fetchall()
    )
    left_out = tuple(counts.get(number, 0) for number in range(len(layout.ignored)))
    return Coverage(row[0], left_out, row[1], row[2], damage(connection, layout, office))


def map_rules(
    connection: duckdb.DuckDBPyConnection, layout: OfficeFile, office: Office
) -> Iterator[MappedRule]:
    """Make the view `incoming` for each rule in turn, from the view `judged`."""
    for number, rule in enumerate(layout.rules):
        _make_texts(connection, layout, number, office)
        rows = _make_incoming(connection, rule)
        taken = count(connection, "select count(*) from texts")
        findings = [
            found
            for place, each in enumerate(rule.fields)
            if (found := _finding(connection, each, f"t{place}", rule.table.name)) is not None
        ]
        connection.execute("drop table texts")
        yield MappedRule(rule, rows, taken - rows, findings)


def _make_texts(
    connection: duckdb.DuckDBPyConnection, layout: OfficeFile, number: int, office: Office
) -> None:
    """Make the table `texts`: t0, t1 … the office's text for each field, transformed."""
    rule = layout.rules[number]
    texts = "".join(
        f"{_text_sql(each, office)} as t{place}, " for place, each in enumerate(rule.fields)
    )
    extra = "null::varchar"
    names = [name for name in office.names if name not in layout.used]
    if names:
        packed = ", ".join(
            f"{text_literal(name)}, {joined_number(office.column(name))}" for name in names
        )
        extra = f"json_object({packed})::varchar"
        if rule.once:
            # Rows are made one by what is mapped; what is not stays with another table's row.
            kept = [f"m{place}" for place, other in enumerate(layout.rules) if not other.once]
            if kept:
                extra = f"case when not ({' or '.join(kept)}) then {extra} end"
    connection.execute(
        f"create or replace temp table texts as select {texts}{extra} as extra_columns, "
        f"line_number from judged where m{number}"
    )


def _make_incoming(connection: duckdb.DuckDBPyConnection, rule: MappingRule) -> int:
    places = {each.target.name: place for place, each in enumerate(rule.fields)}
    selected = ", ".join(
        f"{_value_sql(rule.fields[places[column.name]], f't{places[column.name]}')} "
        f"as {quoted_name(column.name)}"
        if column.name in places
        else f"null::varchar as {quoted_name(column.name)}"
        for column in rule.table.columns
    )
    query = f"select {selected}, extra_columns, line_number from texts"
    if rule.once:
        names = ", ".join(quoted_name(column.name) for column in rule.table.columns)
        query = (
            f"select {names}, extra_columns, min(line_number) as line_number "
            f"from ({query}) group by {names}, extra_columns"
        )
    connection.execute(f"create or replace temp table parsed as {query} order by line_number")
    connection.execute("create or replace temp view incoming as from parsed")
    return count(connection, "select count(*) from parsed")


def _text_sql(each: Field, office: Office) -> str:
    """Return SQL for what the office's file says of a field, before words and formats."""
    if each.constant is not None:
        return text_literal(each.constant)
    columns = [office.column(name) for name in each.reads if name in office.names]
    if not columns:
        return "null::varchar"
    if each.key:
        parts = f" || '{_KEY_SEPARATOR}' || ".join(f"coalesce({c}, '')" for c in columns)
        joined = joined_number(parts)
        return f"case when coalesce({', '.join(columns)}) is not null then {joined} end"
    text = columns[0] if len(columns) == 1 else f"coalesce({', '.join(columns)})"
    if each.target.identity:
        # Written in two parts or one: the same number.
        text = f"regexp_replace({text}, '[ .\\-\u00a0]', '', 'g')"
    for name in each.transforms:
        text = TRANSFORMS[name].format(text)
    return f"nullif({text}, '')"


def _value_sql(each: Field, text: str) -> str:
    """Return SQL for a field as the contract writes it, from its text."""
    if each.constant is not None or each.key:
        return text
    value = _formatted(each, text)
    if value is None:
        value = text if each.target.identity else joined_number(text)
    else:
        value = f"coalesce({value}, {kept_unread(text, each.target.data_type)})"
    if each.codes:
        mapped = " ".join(
            f"when {text_literal(word)} then {text_literal(meaning)}"
            for word, meaning in each.codes
        )
        value = f"nullif(case coalesce({text}, '') {mapped} else {value} end, '')"
    return value


def _formatted(each: Field, text: str) -> str | None:
    """Return SQL for a date or number in the office's format, else null; None for text."""
    if each.target.data_type == "date":
        return dates_sql(each.dates, text)
    if each.target.data_type in ("decimal", "integer"):
        return each.number.sql(text)
    return None


def _finding(
    connection: duckdb.DuckDBPyConnection, each: Field, text: str, table: str
) -> MappingFinding | None:
    return finding(connection, each, text, _formatted(each, text), table)


def _is_left_out(ignored: Ignored, office: Office) -> str:
    """Return SQL for whether a row of `office` is left out by a condition."""
    held = [_holds(ignored.when, office)]
    value = f"coalesce({', '.join(map(office.column, office.names))})"
    # Excel writes empty rows below a sum. They are not counted, and go with the row they follow.
    is_counted = f"{value} is not null or fields > {len(office.names)}"
    for number, order, reaches in ((ignored.first, "asc", "<="), (ignored.last, "desc", ">=")):
        if number:
            end = "max" if order == "asc" else "min"
            held.append(
                f"coalesce(line_number {reaches} (select {end}(line_number) from (select "
                f"line_number from office where {is_counted} "
                f"order by line_number {order} limit {number})), false)"
            )
    if ignored.is_empty:
        held.append(f"{value} is null")
    return f"({' and '.join(held)})"


def _holds(conditions: tuple[Condition, ...], office: Office) -> str:
    held = [_condition(each, f"coalesce({office.column(each.column)}, '')") for each in conditions]
    return f"({' and '.join(held) or 'true'})"


def _condition(condition: Condition, text: str) -> str:
    if condition.is_pattern:
        patterns = [
            re.escape(word).replace(r"\*", ".*").replace(r"\?", ".") for word in condition.words
        ]
        return f"regexp_full_match({text}, {text_literal('|'.join(patterns))}, 's')"
    words = ", ".join(map(text_literal, condition.words))
    return f"{text} {'not in' if condition.is_negated else 'in'} ({words})"


def refuse_uneven(
    connection: duckdb.DuckDBPyConnection, layout: OfficeFile, office: Office, where: str
) -> None:
    """Refuse a file in which a row that is not left out has more or fewer fields than columns."""
    if missing_columns(layout, office)[0]:
        return  # which is told in its place
    left_out = " or ".join(_is_left_out(each, office) for each in layout.ignored) or "false"
    width = len(office.names)
    uneven = f"fields > {width}" if layout.formats.fills_short else f"fields <> {width}"
    row = first_row(
        connection,
        "select line_number, fields, count(*) over () from office "
        f"where {uneven} and not ({left_out}) order by line_number limit 1",
    )
    if row is None:
        return
    line, fields, rows = row
    more = f" ({rows - 1} more lines like it)" if rows > 1 else ""
    fill = (
        "; if the office leaves out what is empty at a line's end, set `short_rows: fill`"
        if fields < width
        else ""
    )
    raise DeliveryRefused(
        f"{where}, line {line}: {fields} fields, expected {width}{more}. Is the delimiter "
        f"{layout.formats.delimiter!r}, or is a quote open? If the line is no row, such as a sum, "
        f"leave it out with `ignore` in the mapping{fill}. Else mend the file at its source.",
        "unparseable",
    )


def refuse_missing(layout: OfficeFile, office: Office, where: str) -> list[str]:
    """Refuse a file without a column that the mapping cannot do without; remark on the others."""
    needed, others = missing_columns(layout, office)
    if needed:
        raise DeliveryRefused(
            f"{where}: column {', '.join(map(repr, needed))} is missing, which the mapping reads. "
            "Deliver it, or change the mapping: `introstat mapping check` says what it reads.",
            "columns",
        )
    if not others:
        return []
    return [f"{where}: columns not delivered, left empty: {', '.join(map(repr, others))}"]
