"""Checking a delivery that is read and sealed, before its copy is moved into place."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import cache, partial
from math import ceil, floor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from introstat.codelists import code_list
from introstat.contract import Table, sources
from introstat.errors import UserError
from introstat.filereading import connect_in_memory
from introstat.queries import only_row
from introstat.receipt.check.importing import import_great_expectations
from introstat.receipt.check.relations import SealedTable, controlled, sealed_table
from introstat.receipt.check.report import VOLUME, CheckedTable, Earlier, Finding, Report
from introstat.receipt.check.rules import (
    EARLIER,
    Expected,
    fixed_parameters,
    suite,
)
from introstat.receipt.check.summary import RefusedByCheck, keep_report
from introstat.receipt.manifest import DeliveredFile, Delivery
from introstat.receipt.receipts import RECEIPT, read_receipt
from introstat.sql import text_literal

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult

_FILES_SHOWN = 3
_COLUMNS = "expect_table_columns_to_match_set"


def open_check(spill: Path) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB to count in.

    What does not fit in memory goes to the folder `spill`: sealed text only.
    """
    return connect_in_memory(spill)


def check(
    connection: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    staging: Path,
    received: Path,
    reading: list[str],
) -> Report:
    """Run the suites on a delivery sealed in `staging`, and write the check's pages there.

    `reading` are the remarks its reading made. Raises RefusedByCheck if it is refused, UserError if
    an expectation cannot be computed.
    """
    import_great_expectations()
    from introstat.receipt.check.datadocs import page

    report = Report(delivery.source.name, delivery.delivered, reading)
    pages = {}
    is_there = cache(partial(_made_view, connection, delivery, staging, received))
    for table in delivery.source.tables:
        files = [file for file in delivery.files if file.table == table]
        if not files:
            continue
        rows = sum(file.rows for file in files)
        checked = CheckedTable(
            table.name, _file_names(table, files), rows, _earlier(delivery, table, received)
        )
        report.tables.append(checked)
        wanted = suite(delivery.source.name, table.name)
        beside = wanted.reads if wanted.reads and is_there(wanted.reads) else None
        paths = _paths(files, staging)
        sealed = _sealed(connection, delivery.source.name, table, paths, beside)
        asked = []
        for expected in wanted.expected:
            if reason := _why_not(expected, checked, sealed, is_there):
                report.not_asked.append((checked, expected.rule, reason))
            else:
                asked.append(expected)
        result = _validated(connection, delivery, checked, sealed, asked)
        report.findings += _findings(result.results, asked, checked)
        pages[table.name] = page(result)
    if report.refusing:
        raise RefusedByCheck(report, pages)
    keep_report(report, pages, staging)
    return report


def _sealed(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    table: Table,
    paths: list[Path],
    beside: str | None = None,
) -> SealedTable:
    """Return a table over its sealed files, with all that its suite names.

    `beside` is the view of the table that its controls read, if there is one.
    """
    wanted = suite(source, table.name)
    for name in sorted(wanted.code_lists):
        words = ", ".join(text_literal(word) for word in code_list(name))
        connection.execute(f'set variable "{name}" = [{words}]')
    sealed = sealed_table(table, paths, wanted.derived)
    return controlled(sealed, wanted.controls, beside) if wanted.controls else sealed


def _counts(
    connection: duckdb.DuckDBPyConnection, table: SealedTable, aggregates: list[str]
) -> list[int]:
    """Return what SQL aggregates come to over a table, all by one query."""
    query = f"select {', '.join(aggregates)} from ({table.query})"
    row = only_row(connection, query)
    return list(row)


def _validated(
    connection: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    table: CheckedTable,
    sealed: SealedTable,
    asked: list[Expected],
) -> "ExpectationSuiteValidationResult":
    """Return what was found of the expectations, in their order.

    Raises UserError if one cannot be computed: that is never a finding.
    """
    from great_expectations.exceptions import GreatExpectationsError

    from introstat.receipt.check.expectations import validate

    try:
        return validate(
            f"{delivery.source.name}.{table.name}",
            [_configured(expected) for expected in asked],
            _parameters(asked, table, delivery.delivered),
            sealed.columns,
            partial(_counts, connection, sealed),
            delivery.name,
            delivery.delivered,
        )
    except (duckdb.IOException, duckdb.OutOfMemoryException):
        raise  # the caller says what to do about room
    except (duckdb.Error, GreatExpectationsError) as error:
        # What the error says may hold a value.
        raise UserError(
            f"{delivery.name}: the reception check of {table.name} could not be done "
            f"({type(error).__name__}). Nothing of the delivery was received; what was "
            "received before stands. Was a suite changed?"
        ) from error


def _file_names(table: Table, files: list[DeliveredFile]) -> str:
    """Return the names of a table's files as the sender knows them.

    Several tables may come from one office file, so there the table is named as well.
    """
    names = sorted({file.mapped_from or file.path.name for file in files})
    more = len(names) - _FILES_SHOWN
    shown = ", ".join(names[:_FILES_SHOWN]) + (f" + {more}" if more > 0 else "")
    return f"{table.name} ({shown})" if any(file.mapped_from for file in files) else shown


def _made_view(
    connection: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    staging: Path,
    received: Path,
    name: str,
) -> bool:
    """Make the view `<source>.<table>` that a table is compared with, if all its columns are there.

    It is of the same delivery, or of the newest before it. Returns whether it was made.
    """
    source, _, table_name = name.partition(".")
    table = next(one for one in sources()[source].tables if one.name == table_name)
    own = [file for file in delivery.files if file.table == table]
    paths = _paths(own, staging)
    if not own:
        home, files = next(_holding(received, source, table, delivery.delivered), (staging, []))
        paths = [home / f"{file['dataset']}.parquet" for file in files]
    sealed = _sealed(connection, source, table, paths) if paths else None
    if sealed is None or not sealed.is_whole:
        return False
    connection.execute(f'create schema if not exists "{source}"')
    connection.execute(f'create or replace view "{source}"."{table_name}" as {sealed.query}')
    return True


def _paths(files: list[DeliveredFile], staging: Path) -> list[Path]:
    return [staging / f"{file.dataset}.parquet" for file in files]


def _why_not(
    expected: Expected, table: CheckedTable, sealed: SealedTable, is_there: Callable[[str], bool]
) -> str | None:
    """Return in Norwegian why an expectation is not checked, None if it is."""
    rows = table.rows
    if expected.type != _COLUMNS and not sealed.is_whole:
        return "kolonner mangler"
    for need in expected.needs:
        if need == EARLIER:
            if table.earlier is None:
                return "ingen tidligere leveranse å sammenligne med"
            rows = table.earlier.rows
        elif not is_there(need):
            return f"{need} er ikke mottatt ennå"
    if rows < expected.rule.asked_from:
        return f"færre enn {expected.rule.asked_from} rader"
    return None


def _configured(expected: Expected) -> dict[str, Any]:
    """Return an expectation as Great Expectations takes it, with its rule's limit and words."""
    rule = expected.rule
    limited = expected.type != _COLUMNS and rule.rule_id not in VOLUME
    return {
        "type": expected.type,
        "kwargs": expected.kwargs | ({"mostly": 1 - rule.remark_over} if limited else {}),
        "meta": {"rule": rule.rule_id},
        "severity": "critical" if rule.level == "refuses" else "warning",
        "description": f"{rule.rule_id}: {rule.checks_nb}. {rule.limits_nb}",
    }


def _parameters(asked: list[Expected], table: CheckedTable, delivered: date) -> dict[str, Any]:
    """Return the values of what the expectations name by $PARAMETER."""
    fixed = fixed_parameters()
    planned_until = date(delivered.year + fixed["planned_years"], delivered.month, 1)
    values: dict[str, Any] = {
        "delivered": str(delivered),
        "programme_began": str(fixed["programme_began"]),
        "planned_until": str(planned_until),
    }
    if table.earlier:
        for expected in asked:
            limit = expected.rule.remark_over
            if "min_value" in expected.kwargs:
                values["fewest_rows"] = ceil(table.earlier.rows * (1 - limit))
            if "max_value" in expected.kwargs:
                values["most_rows"] = floor(table.earlier.rows * (1 + limit))
    return values


def _findings(results: list[Any], asked: list[Expected], table: CheckedTable) -> Iterator[Finding]:
    """Return what each expectation counted, in the suite's order."""
    for expected, result in zip(asked, results, strict=True):
        counts = result.result
        if expected.rule.rule_id in VOLUME and table.earlier:
            found, of = abs(table.rows - table.earlier.rows), table.earlier.rows
            found = 0 if result.success else found
        elif expected.type == _COLUMNS:
            of = len(expected.kwargs["column_set"])
            found = len(counts.get("details", {}).get("mismatched", {}).get("missing", []))
        else:
            found, of = counts["unexpected_count"], counts["element_count"]
        yield Finding(expected.rule, table, expected.column, found, of, not result.success)


def _earlier(delivery: Delivery, table: Table, received: Path) -> Earlier | None:
    """Return the newest delivery before this one that held the table."""
    for home, files in _holding(received, delivery.source.name, table, delivery.delivered):
        if home.name != str(delivery.delivered):
            rows = sum(file["received_rows"] for file in files)
            return Earlier(date.fromisoformat(home.name), rows)
    return None


def _holding(
    received: Path, source: str, table: Table, until: date
) -> Iterator[tuple[Path, list[dict[str, Any]]]]:
    """Give the received deliveries up to a day that hold a table, newest first, with its files."""
    for path in sorted((received / source).glob(f"*/{RECEIPT}"), reverse=True):
        if path.parent.name <= str(until):
            files = read_receipt(path)["files"]
            if holding := [file for file in files if file["table_name"] == table.name]:
                yield path.parent, holding
