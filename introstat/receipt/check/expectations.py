"""Expectations of our own: counts of rows by SQL conditions, all in the one scan of a table.

Great Expectations' own about values cost several queries and about 15 ms each in Python, more with
a code list among their arguments; a delivery of NIR has over a hundred. These count and no more:
their results are element_count and unexpected_count, as of its own, and never a value of a row.

Importing this module imports Great Expectations, about three seconds: `run` does so only when a
delivery is there to be checked.
"""

from typing import Any, ClassVar

import sqlalchemy as sa
from great_expectations.compatibility.pydantic import PrivateAttr
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.core.suite_parameters import SuiteParameterDict
from great_expectations.execution_engine.execution_engine import ExecutionEngine
from great_expectations.execution_engine.sqlalchemy_execution_engine import (
    SqlAlchemyExecutionEngine,
)
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.metrics.metric_provider import metric_partial
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.validator import ValidationDependencies


class SqlCount(TableMetricProvider):
    """A count over the rows of a table, written in SQL; many become one query."""

    metric_name = "introstat.count"
    value_keys = ("sql",)

    @metric_partial(
        engine=SqlAlchemyExecutionEngine,
        partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
        domain_type=MetricDomainTypes.TABLE,
    )
    def _sqlalchemy(
        cls,  # noqa: N805
        execution_engine: SqlAlchemyExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> tuple[Any, dict[str, Any], dict[str, Any]]:
        return sa.literal_column(metric_value_kwargs["sql"]), metric_domain_kwargs, {}


class _CountingExpectation(BatchExpectation):
    """Of so many, so many are not as they should be; at most the share 1 - `mostly` may."""

    mostly: float = 1
    success_keys: ClassVar[tuple[str, ...]] = ("mostly",)
    _configuration: ExpectationConfiguration | None = PrivateAttr(None)

    def counted(self) -> tuple[str, str]:
        """Return the two aggregates: how many are looked at, and how many of them are wrong."""
        raise NotImplementedError

    @property
    def configuration(self) -> ExpectationConfiguration:
        """The expectation as plain data, made once: it is asked for at every turn."""
        if self._configuration is None:
            self._configuration = super().configuration
        return self._configuration

    def get_validation_dependencies(
        self,
        execution_engine: ExecutionEngine[Any] | None = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> ValidationDependencies:
        """Ask for both counts."""
        dependencies = super().get_validation_dependencies(execution_engine, runtime_configuration)
        for name, sql in zip(("of", "found"), self.counted(), strict=True):
            dependencies.set_metric_configuration(
                name,
                MetricConfiguration(
                    SqlCount.metric_name,
                    metric_domain_kwargs={"batch_id": self.batch_id},
                    metric_value_kwargs={"sql": sql},
                ),
            )
        return dependencies

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: ExecutionEngine[Any] | None = None,
    ) -> dict[str, Any]:
        of, found = int(metrics["of"]), int(metrics["found"])
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

    A condition that is null does not hold. `column` is the one the finding is shown at, if any;
    `code_list` the one that the condition reads by `getvariable`.
    """

    condition: str
    among: str = "true"
    column: str | None = None
    code_list: str | None = None

    def counted(self) -> tuple[str, str]:
        """Return the rows asked, and those of them that do not satisfy the condition."""
        return _rows(self.among, self.condition)


class ExpectColumnToBeFilled(_CountingExpectation):
    """Expect something to stand in a column.

    `text_column` is what stood there, if that is another: what cannot be read stands there too.
    """

    column: str
    text_column: str | None = None

    def counted(self) -> tuple[str, str]:
        """Return all rows, and those without a value."""
        return "count(*)", f"count(*) - count({_name(self.text_column or self.column)})"


class ExpectColumnToBeReadable(_CountingExpectation):
    """Expect what stands in a typed column to be readable as its type (see `relations`)."""

    column: str

    def counted(self) -> tuple[str, str]:
        """Return the values that are there, and those staging could not read."""
        there = f"count({_name(self.column + '_text')})"
        return there, f"{there} - count({_name(self.column)})"


class ExpectColumnToHoldKnownWords(_CountingExpectation):
    """Expect the words of a column to be in a code list (see `introstat.codelists`)."""

    column: str
    code_list: str

    def counted(self) -> tuple[str, str]:
        """Return the words that are there, and those not in the list."""
        name = _name(self.column)
        known = f"(select unnest(getvariable('{self.code_list}')))"
        return _rows(f"{name} is not null", f"{name} in {known}")


class ExpectColumnDatesToBeBetween(_CountingExpectation):
    """Expect the dates of a column to be neither before `earliest`, if any, nor after `latest`."""

    column: str
    latest: str | SuiteParameterDict[Any, Any]
    earliest: str | SuiteParameterDict[Any, Any] | None = None

    def counted(self) -> tuple[str, str]:
        """Return the dates that are there, and those outside."""
        name = _name(self.column)
        earliest = f"{name} >= date '{self.earliest}' and " if self.earliest else ""
        return _rows(f"{name} is not null", f"{earliest}{name} <= date '{self.latest}'")


class ExpectColumnToBeKey(_CountingExpectation):
    """Expect no value of a key twice; each row more than one for a value is a finding."""

    column: str

    def counted(self) -> tuple[str, str]:
        """Return the keys that are there, and how many rows are too many for them."""
        name = _name(self.column)
        return f"count({name})", f"count({name}) - count(distinct {name})"


def _rows(among: str, condition: str) -> tuple[str, str]:
    return (
        f"count(*) filter (where {among})",
        f"count(*) filter (where ({among}) and not coalesce({condition}, false))",
    )


def _name(column: str) -> str:
    return f'"{column}"'
