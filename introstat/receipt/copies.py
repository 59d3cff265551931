"""Sealed copies of deliveries: read file by file, sealed and written, before they are checked.

One DuckDB connection serves all deliveries of a receipt: a person's number is met again and again,
and what was made of it in one delivery is right in the next. The connection keeps to the memory
limit and writes nothing that does not fit to disk, so no text with identity numbers gets there.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from introstat.identity.numbers import tellable
from introstat.identity.pseudonyms import Pseudonymiser
from introstat.places import memory_limit
from introstat.receipt.files import load_incoming
from introstat.receipt.manifest import Delivery, read_delivery
from introstat.receipt.mapped import MappedReceipt
from introstat.receipt.sealing import forget_file, forget_numbers, write_sealed


@dataclass(frozen=True)
class SealedCopy:
    """A delivery as it was read, with the datasets its mapping made, and remarks on the reading."""

    delivery: Delivery
    remarks: list[str]
    mapping: dict[str, Any] | None


class Sealer:
    """Reads and seals deliveries, one after the other. Close it when done."""

    def __init__(self, pseudonymiser: Pseudonymiser) -> None:
        """Take what makes the pseudonyms. Raises UserError if the memory limit is no size."""
        self._pseudonymiser = pseudonymiser
        self._connection = duckdb.connect(":memory:")
        self._connection.execute(f"set memory_limit = '{memory_limit()}'")
        self._connection.execute("set temp_directory = ''")
        # Most files are too small for several threads to share, and one writes the same rows to
        # the same bytes on every machine.
        self._connection.execute("set threads = 1")
        forget_numbers(self._connection)

    def close(self) -> None:
        """Close the connection, and forget the numbers."""
        self._connection.close()

    def copy(self, folder: Path, staging: Path) -> SealedCopy:
        """Read the delivery in `folder` and write its sealed datasets into `staging`.

        Raises DeliveryRefused if it breaks the contract, OSError and duckdb.Error if disk or memory
        do not suffice.
        """
        delivery = read_delivery(folder)
        remarks = [
            tellable(f"{delivery.name}/{name}: not in the manifest, not received")
            for name in delivery.unlisted
        ]
        mapped = MappedReceipt(delivery)
        try:
            for file in delivery.files:
                remarks += load_incoming(self._connection, delivery, file)
                write_sealed(self._connection, delivery, file, self._pseudonymiser, staging)
            for file in mapped.load_incoming(self._connection):
                write_sealed(self._connection, delivery, file, self._pseudonymiser, staging)
        finally:
            forget_file(self._connection)
        delivery = replace(delivery, files=delivery.files + tuple(mapped.files))
        return SealedCopy(delivery, remarks + mapped.remarks, mapped.account())
