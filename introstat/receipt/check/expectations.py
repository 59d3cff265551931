"""Great Expectations' part of the check: our own expectations, and the results of a suite.

Our expectations say what to count, as SQL aggregates; all of a table are counted by one query. Each
expectation, of ours or of Great Expectations', then judges its counts. Its result is what Great
Expectations itself would write of it: element_count and unexpected_count, never a value of a row.

Importing this module imports Great Expectations (see `importing`).
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from itertools import chain
from typing import Any, ClassVar

import great_expectations
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
    ExpectationValidationResult,
)
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.core.suite_parameters import SuiteParameterDict
from great_expectations.execution_engine.execution_engine import ExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.validator.validation_statistics import calc_validation_statistics

from introstat.sql import quoted_name


class _CountingExpectation(BatchExpectation):
    """Of so many, so many are not as they should be; at most the share 1 - `mostly` may."""

    mostly: float = 1
    success_keys: ClassVar[tuple[str, ...]] = ("mostly",)

    def _counted(self) -> tuple[str, str]:
        """Return two SQL aggregates: how many are looked at, and how many of them are wrong."""
        raise NotImplementedError

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: ExecutionEngine[Any] | None = None,
    ) -> dict[str, Any]:
        of, found = (metrics[aggregate] for aggregate in self._counted())
        return {
            "success": found <= (1 - self.mostly) * of,
            "result": {
                "element_count": of,
                "unexpected_count": found,
                "unexpected_percent": 100 * found / of if of else 0.0,
            },
        }


class ExpectRowsToSatisfy(_CountingExpectation):
    """Expect `condition` to hold for the rows `among` which it can be asked.

    A condition that is null does not hold. `column` is the one the finding is shown at, if any.
    """

    condition: str
    among: str = "true"
    column: str | None = None

    def _counted(self) -> tuple[str, str]:
        return _rows(self.among, self.condition)


class ExpectColumnToBeFilled(_CountingExpectation):
    """Expect something to stand in a column.

    `text_column` is what stood there, if that is another: what cannot be read stands there too.
    """

    column: str
    text_column: str | None = None

    def _counted(self) -> tuple[str, str]:
        return "count(*)", f"count(*) - count({quoted_name(self.text_column or self.column)})"


class ExpectColumnToBeReadable(_CountingExpectation):
    """Expect what stands in a typed column to be readable as its type (see `relations`)."""

    column: str

    def _counted(self) -> tuple[str, str]:
        there = f"count({quoted_name(self.column + '_text')})"
        return there, f"{there} - count({quoted_name(self.column)})"


class ExpectColumnToHoldKnownWords(_CountingExpectation):
    """Expect the words of a column to be in a code list (see `introstat.codelists`)."""

    column: str
    code_list: str

    def _counted(self) -> tuple[str, str]:
        name = quoted_name(self.column)
        known = f"{name} in getvariable('{self.code_list}')"
        return _rows(f"{name} is not null", known)


class ExpectColumnDatesToBeBetween(_CountingExpectation):
    """Expect the dates of a column to be neither before `earliest`, if any, nor after `latest`."""

    column: str
    latest: str | SuiteParameterDict[Any, Any]
    earliest: str | SuiteParameterDict[Any, Any] | None = None

    def _counted(self) -> tuple[str, str]:
        name = quoted_name(self.column)
        earliest = f"{name} >= date '{self.earliest}' and " if self.earliest else ""
        return _rows(f"{name} is not null", f"{earliest}{name} <= date '{self.latest}'")


class ExpectColumnToBeKey(_CountingExpectation):
    """Expect no value of a key twice; each row more than one for a value is a finding."""

    column: str

    def _counted(self) -> tuple[str, str]:
        name = quoted_name(self.column)
        return f"count({name})", f"count({name}) - count(distinct {name})"


def _rows(among: str, condition: str) -> tuple[str, str]:
    return (
        f"count(*) filter (where {among})",
        f"count(*) filter (where ({among}) and not coalesce({condition}, false))",
    )


def validate(
    name: str,
    expectations: list[dict[str, Any]],
    parameters: dict[str, Any],
    columns: list[str],
    count: Callable[[list[str]], list[int]],
    run_name: str,
    run_day: date,
) -> ExpectationSuiteValidationResult:
    """Return the results of a suite's expectations, in their order.

    `columns` are the table's; `count` returns what SQL aggregates come to over its rows. The run's
    time is a day, not the clock's: the same delivery gives the same pages.
    """
    configurations = [ExpectationConfiguration(**expectation) for expectation in expectations]
    for configuration in configurations:
        configuration.process_suite_parameters(parameters)
    asked = [configuration.to_domain_obj() for configuration in configurations]
    counting = [each._counted() for each in asked if isinstance(each, _CountingExpectation)]
    aggregates = list(dict.fromkeys(["count(*)", *chain.from_iterable(counting)]))
    metrics: dict[str, Any] = dict(zip(aggregates, count(aggregates), strict=True))
    # What Great Expectations' own expectations look at, under the names they know it by.
    metrics |= {"table.columns": columns, "table.row_count": metrics["count(*)"]}
    results = []
    for configuration, expectation in zip(configurations, asked, strict=True):
        judged = expectation._validate(metrics)
        results.append(ExpectationValidationResult(expectation_config=configuration, **judged))
    run = RunIdentifier(run_name, run_time=datetime.combine(run_day, time(), tzinfo=UTC))
    statistics = calc_validation_statistics(results)
    return ExpectationSuiteValidationResult(
        success=statistics.success,
        results=results,
        suite_name=name,
        suite_parameters=parameters,
        statistics=statistics._asdict(),
        meta={"great_expectations_version": great_expectations.__version__, "run_id": run},
    )
