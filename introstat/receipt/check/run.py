"""Checking a delivery that is read and sealed, before its copy is moved into place."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from math import ceil, floor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from introstat.errors import UserError
from introstat.receipt.check.engine import CheckEngine
from introstat.receipt.check.importing import import_great_expectations
from introstat.receipt.check.relations import SealedTable
from introstat.receipt.check.report import VOLUME, CheckedTable, Earlier, Finding, Report
from introstat.receipt.check.rules import (
    EARLIER,
    Expected,
    fixed_parameters,
    suite,
)
from introstat.receipt.check.summary import RefusedByCheck, keep_report
from introstat.receipt.contract import Table, sources
from introstat.receipt.manifest import DeliveredFile, Delivery
from introstat.receipt.receipts import RECEIPT, read_receipt

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult

_FILES_SHOWN = 3
_COLUMNS = "expect_table_columns_to_match_set"


class ReceptionCheck:
    """The reception check of all that one command receives; a context manager.

    Great Expectations takes more than a second to import, and is so when the first delivery is
    there to be checked.
    """

    def __init__(self, received: Path, spill: Path) -> None:
        """Take the folder of what was received before, and one for what does not fit in memory."""
        self._received = received
        self._spill = spill
        self._engine: CheckEngine | None = None

    def __enter__(self) -> "ReceptionCheck":
        return self

    def __exit__(self, *_: object) -> None:
        if self._engine is not None:
            self._engine.close()

    def check(self, delivery: Delivery, staging: Path, reading: list[str]) -> Report:
        """Run the suites on a delivery sealed in `staging`, and write the check's pages there.

        `reading` are the remarks its reading made. Raises RefusedByCheck.
        """
        if self._engine is None:
            import_great_expectations()
            self._engine = CheckEngine(self._spill)
        report, pages = _checked(self._engine, delivery, staging, self._received, reading)
        if report.refusing:
            raise RefusedByCheck(report, pages)
        keep_report(report, pages, staging)
        return report


def _checked(
    engine: CheckEngine, delivery: Delivery, staging: Path, received: Path, reading: list[str]
) -> tuple[Report, dict[str, str]]:
    from introstat.receipt.check.datadocs import page

    report = Report(delivery.source.name, delivery.delivered, reading)
    pages = {}
    others = _Others(engine, delivery, staging, received)
    for table in delivery.source.tables:
        files = [file for file in delivery.files if file.table == table]
        if not files:
            continue
        checked = _described(delivery, table, files, received)
        report.tables.append(checked)
        sealed = engine.table(delivery.source.name, table, _paths(files, staging))
        asked = []
        for expected in suite(delivery.source.name, table.name).expected:
            if reason := _why_not(expected, checked, sealed, others):
                report.not_asked.append((checked, expected.rule, reason))
            else:
                asked.append(expected)
        result = _validated(engine, delivery, checked, sealed, asked)
        report.findings += _findings(result.results, asked, checked)
        pages[table.name] = page(result)
    return report, pages


def _validated(
    engine: CheckEngine,
    delivery: Delivery,
    table: CheckedTable,
    sealed: SealedTable,
    asked: list[Expected],
) -> "ExpectationSuiteValidationResult":
    """Return what was found of the expectations, in their order.

    One that cannot be computed is an error, never a finding: UserError.
    """
    from great_expectations.exceptions import GreatExpectationsError

    from introstat.receipt.check.expectations import validate

    try:
        return validate(
            f"{delivery.source.name}.{table.name}",
            [_configured(expected) for expected in asked],
            _parameters(asked, table, delivery.delivered),
            sealed.columns,
            partial(engine.counts, sealed),
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


def _described(
    delivery: Delivery, table: Table, files: list[DeliveredFile], received: Path
) -> CheckedTable:
    return CheckedTable(
        table.name,
        _told(table, files),
        sum(file.rows for file in files),
        _earlier(delivery, table, received),
    )


def _told(table: Table, files: list[DeliveredFile]) -> str:
    """Name the files of a table as the sender knows them.

    Several tables may come from one office file, so there the table is named as well.
    """
    names = sorted({file.mapped_from or file.path.name for file in files})
    more = len(names) - _FILES_SHOWN
    shown = ", ".join(names[:_FILES_SHOWN]) + (f" + {more}" if more > 0 else "")
    return f"{table.name} ({shown})" if any(file.mapped_from for file in files) else shown


class _Others:
    """The tables that one is compared with: of the same delivery, or of the newest before it."""

    def __init__(
        self, engine: CheckEngine, delivery: Delivery, staging: Path, received: Path
    ) -> None:
        self._engine = engine
        self._delivery = delivery
        self._staging = staging
        self._received = received
        self._found: dict[str, bool] = {}

    def find(self, name: str) -> bool:
        """Make the view `<source>.<table>`; say whether it is there with all its columns."""
        if name not in self._found:
            source, _, table_name = name.partition(".")
            table = next(one for one in sources()[source].tables if one.name == table_name)
            paths = self._paths(source, table)
            self._found[name] = bool(paths) and self._engine.view(source, table, paths)
        return self._found[name]

    def _paths(self, source: str, table: Table) -> list[Path]:
        if source == self._delivery.source.name:
            own = [file for file in self._delivery.files if file.table == table]
            if own:
                return _paths(own, self._staging)
        for home, receipt in _receipts(self._received, source, self._delivery.delivered):
            found = [
                home / f"{file['dataset']}.parquet"
                for file in receipt["files"]
                if file["table_name"] == table.name
            ]
            if found:
                return found
        return []


def _paths(files: list[DeliveredFile], staging: Path) -> list[Path]:
    return [staging / f"{file.dataset}.parquet" for file in files]


def _why_not(
    expected: Expected, table: CheckedTable, sealed: SealedTable, others: _Others
) -> str | None:
    """Say in Norwegian why an expectation is not asked, None if it is."""
    rows = table.rows
    if expected.type != _COLUMNS and not sealed.is_whole:
        return "kolonner mangler"
    for need in expected.needs:
        if need == EARLIER:
            if table.earlier is None:
                return "ingen tidligere leveranse å sammenligne med"
            rows = table.earlier.rows
        elif not others.find(need):
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
    for home, receipt in _receipts(received, delivery.source.name, delivery.delivered):
        rows = [
            file["received_rows"] for file in receipt["files"] if file["table_name"] == table.name
        ]
        if rows and home.name != str(delivery.delivered):
            return Earlier(date.fromisoformat(home.name), sum(rows))
    return None


def _receipts(received: Path, source: str, until: date) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Return the received deliveries of a source up to a day, the newest first."""
    folder = received / source
    homes = sorted(folder.glob(f"*/{RECEIPT}"), reverse=True) if folder.is_dir() else []
    for path in homes:
        if path.parent.name <= str(until):
            yield path.parent, read_receipt(path)
