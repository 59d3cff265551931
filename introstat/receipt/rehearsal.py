"""A sample received as a delivery is, to see what would become of it: nothing of it is kept.

Its rows are sealed with a key that is forgotten, checked as the receipt checks them, and judged as
staging judges them.
"""

import os
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import duckdb

from introstat.contract import Source, Table
from introstat.filereading import connect_in_memory
from introstat.identity.numbers import SYNTHETIC
from introstat.identity.pseudonyms import Pseudonymiser
from introstat.queries import only_row
from introstat.receipt.check.report import Report
from introstat.receipt.check.run import check, open_check
from introstat.receipt.check.summary import RefusedByCheck
from introstat.receipt.judged import SetAside, judge
from introstat.receipt.manifest import DeliveredFile, Delivery
from introstat.receipt.sealing import write_sealed
from introstat.receipt.shapes import write_shapes


class Rehearsal:
    """The sealed files of a sample, in a folder that the caller takes away."""

    def __init__(self, source: Source, home: Path, synthetic: frozenset[str] = SYNTHETIC) -> None:
        """Take the source, an empty folder, and the test populations whose numbers are valid."""
        self._source, self._home, self._synthetic = source, home, synthetic
        self._delivered = date.today()
        self._staging = home / source.name / str(self._delivered)
        self._staging.mkdir(parents=True)
        self._pseudonymiser = Pseudonymiser(os.urandom(64))
        self._files: list[DeliveredFile] = []
        self._made: Counter[Table] = Counter()

    def seal(
        self, connection: duckdb.DuckDBPyConnection, table: Table, name: str, office_file: str
    ) -> list[str]:
        """Seal the rows of the view `incoming`; `name` is what they are known by.

        Returns what the receipt would remark on.
        """
        self._made[table] += 1
        [rows] = only_row(connection, "select count(*) from incoming")
        file = DeliveredFile(
            path=Path(name),
            dataset=f"{table.name}-{self._made[table]}",
            table=table,
            rows=rows,
            sha256="",
            encoding="utf-8",
            where=office_file,
            mapped_from=office_file,
        )
        remarks = write_sealed(
            connection,
            self._delivery(),
            file,
            self._pseudonymiser,
            self._staging,
            self._synthetic,
        )
        self._files.append(file)
        return remarks

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to judge."""
        return not self._files

    def judged(self) -> list[SetAside]:
        """Return what staging would set aside.

        Whether the participation of a row is there is not asked where the sample has none.
        """
        write_shapes(self._home)
        tables: defaultdict[Table, list[Path]] = defaultdict(list)
        for file in self._files:
            tables[file.table].append(self._staging / f"{file.dataset}.parquet")
        with connect_in_memory() as connection:
            found = list(judge(connection, self._source, self._delivered, tables, self._home))
        names = {table.name for table in tables}
        return [one for one in found if one.reason != "orphan" or "deltakelser" in names]

    def checked(self) -> Report:
        """Return what the reception check finds."""
        with open_check(self._home / "spill") as connection:
            try:
                return check(connection, self._delivery(), self._staging, self._home, [])
            except RefusedByCheck as refused:
                return refused.report

    def _delivery(self) -> Delivery:
        return Delivery(self._source, self._delivered, None, "", tuple(self._files), ())
