"""The DuckDB that the check counts in, with all that suites name in their conditions."""

from pathlib import Path

import duckdb

from introstat.codelists import code_list, limits
from introstat.places import memory_limit
from introstat.receipt.check.relations import SealedTable, sealed_table
from introstat.receipt.check.rules import suite
from introstat.receipt.contract import Table
from introstat.sql import text_literal


class CheckEngine:
    """A DuckDB of its own in memory. Close it when done."""

    def __init__(self, spill: Path) -> None:
        """Open it. What does not fit in memory goes to the folder `spill`: sealed text only."""
        self._connection = duckdb.connect(":memory:")
        self._code_lists: set[str] = set()
        # By name, the files that a view is over, and whether they are whole.
        self._views: dict[str, tuple[list[Path], bool]] = {}
        self._execute(f"set memory_limit = '{memory_limit()}'")
        self._execute(f"set temp_directory = {text_literal(str(spill))}")
        # Most tables are too small for several threads to share.
        self._execute("set threads = 1")
        numbers = ", ".join(f"{rule}_{name}: {value:f}" for (rule, name), value in limits().items())
        self._execute(f"set variable limits = {{{numbers}}}")

    def close(self) -> None:
        """Let go of it."""
        self._connection.close()

    def table(self, source: str, table: Table, paths: list[Path]) -> SealedTable:
        """Return a table over its sealed files, with all that its suite names."""
        wanted = suite(source, table.name)
        for name in sorted(wanted.code_lists - self._code_lists):
            words = ", ".join(text_literal(word) for word in code_list(name))
            self._execute(f'set variable "{name}" = [{words}]')
        self._code_lists |= wanted.code_lists
        return sealed_table(table, paths, wanted.derived)

    def view(self, source: str, table: Table, paths: list[Path]) -> bool:
        """Make the view `<source>.<table>`, which others are compared with, if the table is whole.

        Says whether it is.
        """
        name = f'"{source}"."{table.name}"'
        made, is_whole = self._views.get(name, ([], False))
        if made != paths:
            sealed = self.table(source, table, paths)
            is_whole = sealed.is_whole
            if is_whole:
                self._execute(f'create schema if not exists "{source}"')
                self._execute(f"create or replace view {name} as {sealed.query}")
            self._views[name] = (paths, is_whole)
        return is_whole

    def counts(self, table: SealedTable, aggregates: list[str]) -> list[int]:
        """Return what SQL aggregates come to over a table, all by one query."""
        query = f"select {', '.join(aggregates)} from ({table.query})"
        row = self._connection.execute(query).fetchone()
        assert row is not None  # there is one row where nothing is grouped
        return list(row)

    def _execute(self, statement: str) -> None:
        self._connection.execute(statement)
