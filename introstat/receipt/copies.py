"""Sealed copies of deliveries: read file by file, sealed and written, before they are checked."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from introstat.identity.numbers import SYNTHETIC, tellable
from introstat.identity.pseudonyms import Pseudonymiser
from introstat.receipt.files import load_incoming
from introstat.receipt.manifest import Delivery, read_delivery
from introstat.receipt.mapped import MappedReceipt
from introstat.receipt.sealing import forget_file, write_sealed


@dataclass(frozen=True)
class SealedCopy:
    """A delivery as it was read, with the datasets its mapping made, and remarks on the reading."""

    delivery: Delivery
    remarks: list[str]
    mapping: dict[str, Any] | None


def seal_delivery(
    connection: duckdb.DuckDBPyConnection,
    pseudonymiser: Pseudonymiser,
    folder: Path,
    staging: Path,
    synthetic: frozenset[str] = SYNTHETIC,
) -> SealedCopy:
    """Read the delivery in `folder` and write its sealed datasets into `staging`.

    `synthetic` are the test populations whose numbers are valid.

    Raises DeliveryRefused if it breaks the contract, OSError and duckdb.Error if disk or memory do
    not suffice.
    """
    delivery = read_delivery(folder)
    remarks = [
        tellable(f"{delivery.name}/{name}: not in the manifest, not received")
        for name in delivery.unlisted
    ]
    mapped = MappedReceipt(delivery)
    try:
        for file in delivery.files:
            remarks += load_incoming(connection, file)
            remarks += write_sealed(connection, delivery, file, pseudonymiser, staging, synthetic)
        for file in mapped.load_incoming(connection):
            mapped.remarks += write_sealed(
                connection, delivery, file, pseudonymiser, staging, synthetic
            )
    finally:
        forget_file(connection)
    delivery = replace(delivery, files=delivery.files + tuple(mapped.files))
    return SealedCopy(delivery, remarks + mapped.remarks, mapped.account())
