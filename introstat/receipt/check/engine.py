"""Great Expectations on DuckDB: the sealed copy of one delivery, quietly and without a context.

There is no data context, so nothing is configured, stored or reported anywhere: analytics have
nothing to run in. Importing this module imports Great Expectations.
"""

import warnings
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import duckdb
import sqlalchemy as sa
from great_expectations.core import ExpectationSuite
from great_expectations.core.batch import Batch
from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.exceptions.exceptions import GreatExpectationsError
from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
from great_expectations.execution_engine.sqlalchemy_execution_engine import (
    SqlAlchemyExecutionEngine,
)
from great_expectations.validator.validator import Validator
from sqlalchemy.pool import StaticPool

from introstat.errors import UserError
from introstat.places import memory_limit
from introstat.receipt.check import expectations as _expectations  # noqa: F401, registers them

# Counts only: no list of values, and none is even fetched.
_COUNTS: Any = {"result_format": "SUMMARY", "partial_unexpected_count": 0}


class _DuckDbEngine(SqlAlchemyExecutionEngine):
    """The SQLAlchemy engine, made to work with DuckDB.

    Great Expectations reads a result when its connection is given back already, and DuckDB's are
    empty by then: the rows are fetched while it is open.
    """

    columns: list[str]

    def execute_query(self, query: Any) -> Any:
        """Execute a query and return its result with all rows in hand."""
        with self.get_connection() as connection:
            result = self._execute_query_with_recovery(connection, query)
            return result.freeze()() if result.returns_rows else result

    def get_inspector(self) -> Any:
        """Return what tells a view's columns."""
        return _Inspector(self.engine.dialect, self.columns)


class _Inspector:
    """Tells the columns it was told, where SQLAlchemy's own asks PostgreSQL's catalogue.

    DuckDB would plan the whole view to name them. Without a dialect Great Expectations asks others.
    """

    def __init__(self, dialect: sa.Dialect, columns: list[str]) -> None:
        self.dialect = dialect
        self._columns = columns

    def get_pk_constraint(self, table_name: str, schema: str | None = None) -> dict[str, Any]:
        """Return none: a view has no primary key."""
        return {}

    def get_columns(self, table_name: str, schema: str | None = None) -> list[dict[str, Any]]:
        """Return a view's columns; their types are nobody's business here."""
        return [
            {"name": name, "type": sa.types.NullType(), "nullable": True} for name in self._columns
        ]


class _QuietValidator(Validator):
    """A validator that draws no progress bar and asks for no context or cloud."""

    def _determine_progress_bars(self) -> bool:
        return False

    @property
    def _include_rendered_content(self) -> bool:
        return False


class CheckEngine:
    """A DuckDB of its own in memory, and Great Expectations upon it."""

    def __init__(self, spill: Path) -> None:
        """Open it. What does not fit in memory goes to the folder `spill`: sealed text only."""
        engine = sa.create_engine("duckdb:///:memory:", poolclass=StaticPool)
        self._connection = engine.raw_connection()
        self.execute(f"set memory_limit = '{memory_limit()}'")
        self.execute("set temp_directory = '{}'".format(str(spill).replace("'", "''")))
        self.execute("set enable_progress_bar = false")
        self._engine = _DuckDbEngine(engine=engine)

    def close(self) -> None:
        """Let go of it."""
        self._connection.close()
        self._engine.close()

    def execute(self, statement: str) -> None:
        """Execute a statement whose rows nobody asks for."""
        self._connection.cursor().execute(statement)

    def validate(
        self,
        schema: str,
        table: str,
        columns: list[str],
        expectations: list[dict[str, Any]],
        parameters: dict[str, Any],
        delivered: date,
    ) -> ExpectationSuiteValidationResult:
        """Return the results of expectations on the view `schema.table`, grouped by column.

        `columns` are those that stand in the sealed files, which the view may add to.
        The run bears the day of the delivery, not the clock's: the same delivery gives the same
        pages. An expectation that cannot be computed is an error, never a finding: UserError.
        """
        self._engine.columns = columns
        data: Any = SqlAlchemyBatchData(
            execution_engine=self._engine,
            schema_name=schema,
            table_name=table,
            create_temp_table=False,
        )
        run = RunIdentifier(
            run_name=f"{schema}/{delivered}",
            run_time=datetime.combine(delivered, time(), tzinfo=UTC),
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            suite = ExpectationSuite(name=f"{schema}.{table}", expectations=expectations)
            validator = _QuietValidator(execution_engine=self._engine, batches=[Batch(data=data)])
            try:
                result = validator.validate(
                    expectation_suite=suite,
                    suite_parameters=parameters,
                    catch_exceptions=False,
                    result_format=_COUNTS,
                    run_id=run,
                )
            except GreatExpectationsError as error:
                cause = _first(error)
                if isinstance(cause, (duckdb.IOException, duckdb.OutOfMemoryException)):
                    raise cause from None  # the caller says what to do about room
                raise UserError(
                    f"{schema}/{delivered}: the reception check of {table} could not be done "
                    f"({type(cause).__name__}). Nothing of the delivery was received; what was "
                    "received before stands. Was a suite changed?"
                ) from error
        assert isinstance(result, ExpectationSuiteValidationResult)
        # The clock's times: when the view was loaded, and when it was checked.
        del result.meta["batch_markers"], result.meta["validation_time"]
        return result


def _first(error: BaseException) -> BaseException:
    """Return the first error of a chain; what it says may hold a value."""
    while earlier := error.__cause__ or error.__context__:
        error = earlier
    return error
