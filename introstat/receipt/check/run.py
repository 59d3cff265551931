"""Checking a delivery that is read and sealed, before its copy is moved into place."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from math import ceil, floor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from introstat.codelists import code_list, limits
from introstat.receipt.check.relations import sealed_columns, sealed_rows, typed_view
from introstat.receipt.check.report import VOLUME, CheckedTable, Earlier, Finding, Report
from introstat.receipt.check.rules import (
    EARLIER,
    Expected,
    Suite,
    fixed_parameters,
    suite,
)
from introstat.receipt.check.summary import RefusedByCheck, keep_report
from introstat.receipt.contract import Table, sources
from introstat.receipt.manifest import DeliveredFile, Delivery
from introstat.receipt.receipts import RECEIPT, read_receipt
from introstat.sql import text_literal

if TYPE_CHECKING:
    from introstat.receipt.check.engine import CheckEngine

_FILES_SHOWN = 3
_COLUMNS = "expect_table_columns_to_match_set"


class ReceptionCheck:
    """The reception check of all that one command receives; a context manager.

    Great Expectations takes seconds to import and a while to open: both are done once, when the
    first delivery is there to be checked.
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
            self._engine = _opened(self._spill)
        report, pages = _checked(self._engine, delivery, staging, self._received, reading)
        if report.refusing:
            raise RefusedByCheck(report, pages)
        keep_report(report, pages, staging)
        return report


def _opened(spill: Path) -> "CheckEngine":
    from introstat.receipt.check.engine import CheckEngine

    engine = CheckEngine(spill)
    numbers = ", ".join(f"{rule}_{name}: {value:f}" for (rule, name), value in limits().items())
    engine.execute(f"set variable limits = {{{numbers}}}")
    return engine


def _checked(
    engine: "CheckEngine", delivery: Delivery, staging: Path, received: Path, reading: list[str]
) -> tuple[Report, dict[str, str]]:
    from introstat.receipt.check.datadocs import page

    report = Report(delivery.source.name, delivery.delivered, reading)
    pages = {}
    with closing(_Relations(engine, delivery, staging, received)) as relations:
        for table in delivery.source.tables:
            files = [file for file in delivery.files if file.table == table]
            if not files:
                continue
            checked = _described(delivery, table, files, received)
            report.tables.append(checked)
            asked = []
            for expected in suite(delivery.source.name, table.name).expected:
                if reason := _why_not(expected, checked, relations):
                    report.not_asked.append((checked, expected.rule, reason))
                else:
                    asked.append(expected)
            result = engine.validate(
                delivery.source.name,
                table.name,
                relations.columns[table.name],
                [_configured(number, one) for number, one in enumerate(asked)],
                _parameters(asked, checked, delivery.delivered),
                delivery.delivered,
            )
            report.findings += _findings(result.results, asked, checked)
            pages[table.name] = page(result)
    return report, pages


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


class _Relations:
    """The views of the check, opened as they are asked for, and whether they can be."""

    def __init__(
        self, engine: "CheckEngine", delivery: Delivery, staging: Path, received: Path
    ) -> None:
        self.source = delivery.source.name
        self._engine = engine
        self._delivery = delivery
        self._staging = staging
        self._received = received
        # The columns of the delivery's own tables, by table.
        self.columns: dict[str, list[str]] = {}
        self._opened: dict[str, bool] = {}
        self._lists: set[str] = set()

    def close(self) -> None:
        """Drop the views: the next delivery has files of its own."""
        for source in sorted({name.split(".")[0] for name in self._opened}):
            self._engine.execute(f'drop schema "{source}" cascade')

    def open(self, source: str, table: str) -> bool:
        """Make the view `<source>.<table>`; say whether it is there with all its columns."""
        name = f"{source}.{table}"
        if name in self._opened:
            return self._opened[name]
        contract = next(one for one in sources()[source].tables if one.name == table)
        paths = self._paths(source, contract)
        if not paths:
            return False
        wanted = suite(source, table)
        self._set_variables(wanted)
        self._engine.execute(f'create schema if not exists "{source}"')
        columns = sealed_columns(paths)
        if source == self.source:
            self.columns[table] = columns
        whole = {column.name for column in contract.columns} <= set(columns)
        view = typed_view(contract, paths, wanted.derived) if whole else sealed_rows(paths)
        self._engine.execute(f'create view "{source}"."{table}" as {view}')
        self._opened[name] = whole
        return whole

    def _set_variables(self, wanted: Suite) -> None:
        for name in sorted(wanted.code_lists - self._lists):
            words = ", ".join(text_literal(word) for word in code_list(name))
            self._engine.execute(f'set variable "{name}" = [{words}]')
        self._lists |= wanted.code_lists

    def _paths(self, source: str, table: Table) -> list[Path]:
        if source == self._delivery.source.name:
            own = [f for f in self._delivery.files if f.table == table]
            if own:
                return [self._staging / f"{file.dataset}.parquet" for file in own]
        for home, receipt in _receipts(self._received, source, self._delivery.delivered):
            found = [
                home / f"{file['dataset']}.parquet"
                for file in receipt["files"]
                if file["table_name"] == table.name
            ]
            if found:
                return found
        return []


def _why_not(expected: Expected, table: CheckedTable, relations: _Relations) -> str | None:
    """Say in Norwegian why an expectation is not asked, None if it is."""
    rows = table.rows
    if expected.type != _COLUMNS and not relations.open(relations.source, table.name):
        return "kolonner mangler"
    for need in expected.needs:
        if need == EARLIER:
            if table.earlier is None:
                return "ingen tidligere leveranse å sammenligne med"
            rows = table.earlier.rows
        elif not relations.open(*need.split(".", 1)):
            return f"{need} er ikke mottatt ennå"
    if rows < expected.rule.asked_from:
        return f"færre enn {expected.rule.asked_from} rader"
    return None


def _configured(number: int, expected: Expected) -> dict[str, Any]:
    """Return an expectation as Great Expectations takes it, with its rule's limit and words."""
    rule = expected.rule
    limited = expected.type != _COLUMNS and rule.rule_id not in VOLUME
    return {
        "type": expected.type,
        "kwargs": expected.kwargs | ({"mostly": 1 - rule.remark_over} if limited else {}),
        "meta": {"rule": rule.rule_id, "number": number},
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
    by_number = {result.expectation_config.meta["number"]: result for result in results}
    for number, expected in enumerate(asked):
        result = by_number[number]
        counts = result.result
        if expected.rule.rule_id in VOLUME and table.earlier:
            found, of = abs(table.rows - table.earlier.rows), table.earlier.rows
            found = 0 if result.success else found
        elif expected.type == _COLUMNS:
            of = len(expected.kwargs["column_set"])
            found = len(counts.get("details", {}).get("mismatched", {}).get("missing", []))
        else:
            found, of = counts["unexpected_count"], counts["element_count"]
            of -= counts.get("missing_count") or 0
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
