"""Receiving a delivery: checked, its identity numbers replaced, a copy moved into place as a whole.

The received copy is `<received>/<source>/<delivered>/<dataset>.parquet` and a `receipt.json` with
what was delivered; `mottakskontroll/` beside them has what the reception check found. It is written
beside and moved into place as a whole, and never changed after.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from introstat import __version__
from introstat.contract import MANIFEST
from introstat.errors import DeliveryRefused, UserError, said_by_engine
from introstat.filereading import connect_in_memory, sha256_of
from introstat.identity.numbers import SYNTHETIC, tellable
from introstat.identity.pseudonyms import Pseudonymiser
from introstat.locking import move_into_place, workshop
from introstat.places import MEMORY_VARIABLE
from introstat.progress import Tell, silent
from introstat.receipt import journal
from introstat.receipt.check.report import Report
from introstat.receipt.check.run import check, open_check
from introstat.receipt.check.summary import forget_refusal, keep_refusal, summary_of
from introstat.receipt.copies import SealedCopy, seal_delivery
from introstat.receipt.manifest import (
    Delivery,
    checksum,
    find_deliveries,
    misplaced,
)
from introstat.receipt.mapped import changed_mapping, delivered_checksums
from introstat.receipt.receipts import RECEIPT, read_receipt, receipt_paths
from introstat.receipt.shapes import write_shapes

_WORKSHOP_PREFIX = ".incoming-"
_STAGING_PREFIX = "delivery-"
_SPILL = "spill"


@dataclass
class Outcome:
    """What came of receiving a folder of extracts: names of deliveries, messages, and pages.

    `summaries` are the pages of the deliveries that were refused or remarked on.
    """

    received: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    summaries: list[Path] = field(default_factory=list)


class ReceiptStopped(UserError):
    """Receiving stopped at a fault that is no delivery's: `outcome` is what came of it before."""

    def __init__(self, message: str, outcome: Outcome) -> None:
        """Take the message and what was received and refused before the fault."""
        super().__init__(message)
        self.outcome = outcome


def receive(
    extracts: Path,
    received: Path,
    pseudonymiser: Pseudonymiser,
    progress: Tell = silent,
    synthetic: frozenset[str] = SYNTHETIC,
) -> Outcome:
    """Receive every delivery under `extracts` that is not received yet.

    A delivery that breaks the contract is refused whole and the others go on. `progress` gets
    how many of how many are done and the next one's name. `synthetic` are the test populations
    whose identity numbers are valid.

    Raises UserError if the received copy was made with another key or is damaged, and
    ReceiptStopped if disk or memory do not suffice.
    """
    folders = find_deliveries(extracts)
    received.mkdir(parents=True, exist_ok=True)
    check_key(received, pseudonymiser)
    write_shapes(received)
    outcome = Outcome(remarks=misplaced(extracts))
    with (
        workshop(received, _WORKSHOP_PREFIX) as place,
        connect_in_memory() as connection,
        open_check(place / _SPILL) as checking,
    ):
        receipt = _Receipt(received, place, pseudonymiser, synthetic, connection, checking, outcome)
        for done, folder in enumerate(folders):
            progress(done, len(folders), tellable(f"{folder.parent.name}/{folder.name}"))
            receipt.take(folder)
        progress(len(folders), len(folders), "")
    return outcome


@dataclass(frozen=True)
class _Receipt:
    """What every delivery is received with; sealing and checking have a DuckDB each."""

    received: Path
    place: Path
    pseudonymiser: Pseudonymiser
    synthetic: frozenset[str]
    connection: duckdb.DuckDBPyConnection
    checking: duckdb.DuckDBPyConnection
    outcome: Outcome

    def take(self, folder: Path) -> None:
        """Receive or refuse a delivery; ReceiptStopped if neither can be done."""
        name = tellable(f"{folder.parent.name}/{folder.name}")
        try:
            self._receive_or_refuse(folder, name)
        except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
            said = (
                f"{error.filename or 'A file'}: {error.strerror}."
                if isinstance(error, OSError)
                else said_by_engine(error)
            )
            raise ReceiptStopped(
                f"{name} could not be received; what was received before stands. {tellable(said)} "
                f"Make room on the disk of {self.received}, or give it more memory with "
                f"${MEMORY_VARIABLE}, and try again.",
                self.outcome,
            ) from None
        except UserError as error:
            raise ReceiptStopped(error.message, self.outcome) from None

    def _receive_or_refuse(self, folder: Path, name: str) -> None:
        home = self.received / folder.parent.name / folder.name
        try:
            if home.exists():
                self.outcome.remarks += _expect_unchanged(folder, home)
                self.outcome.known.append(f"{folder.parent.name}/{folder.name}")
            else:
                self._receive(folder, home)
            forget_refusal(self.received, folder)
        except DeliveryRefused as refusal:
            reason = tellable(refusal.message)
            self.outcome.refused.append(f"{name} refused. {reason}")
            journal.note(self.received, "refused", delivery=name, reason=reason)
            self.outcome.summaries.append(keep_refusal(self.received, folder, refusal))

    def _receive(self, folder: Path, home: Path) -> None:
        with workshop(self.place, _STAGING_PREFIX) as staging:
            copy = seal_delivery(
                self.connection, self.pseudonymiser, folder, staging, self.synthetic
            )
            delivery = copy.delivery
            remarks = _dated_before(delivery, self.received) + copy.remarks
            report = check(self.checking, delivery, staging, self.received, remarks)
            _write_receipt(copy, staging, self.pseudonymiser.fingerprint, self.synthetic, report)
            home.parent.mkdir(exist_ok=True)
            move_into_place(staging, home)
        journal.note(self.received, "received", delivery=delivery.name)
        self.outcome.received.append(delivery.name)
        if report.remarks:
            self.outcome.remarks += report.remarks
            self.outcome.summaries.append(summary_of(home))


def _dated_before(delivery: Delivery, received: Path) -> list[str]:
    """Return a remark if a later delivery is received already: figures of days between change."""
    homes = (received / delivery.source.name).glob(f"*/{RECEIPT}")
    later = sorted(p.parent.name for p in homes if p.parent.name > str(delivery.delivered))
    if not later:
        return []
    return [
        f"{delivery.name}: dated before a delivery that is received already, so builds as of a day "
        f"between change: {later[0]}"
    ]


def _write_receipt(
    copy: SealedCopy,
    staging: Path,
    key_fingerprint: str,
    synthetic: frozenset[str],
    report: Report,
) -> None:
    delivery = copy.delivery
    receipt: dict[str, Any] = {
        "source": delivery.source.name,
        "delivered": str(delivery.delivered),
        "covers_until": str(delivery.covers_until) if delivery.covers_until else None,
        "manifest_sha256": delivery.manifest_sha256,
        "received_by": f"introstat {__version__}",
        "key_fingerprint": key_fingerprint,
        "synthetic": sorted(synthetic),
        "files": [
            {
                "file_name": file.path.name,
                "dataset": file.dataset,
                "table_name": file.table.name,
                "received_rows": file.rows,
                "sha256": file.sha256,
            }
            for file in delivery.files
        ],
        "mapping": copy.mapping,
        "verdict": report.verdict.value,
        "remarks": report.remarks,
    }
    path = staging / RECEIPT
    with path.open("w", encoding="utf-8") as file:
        json.dump(receipt, file, indent=2, ensure_ascii=False)


def _expect_unchanged(folder: Path, home: Path) -> list[str]:
    """Refuse a delivery that is received already and whose manifest now says something else.

    Returns a remark if its mapping has changed since.
    """
    receipt = read_receipt(home / RECEIPT)
    before = delivered_checksums(receipt)
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8-sig"))
        now = {name: facts["sha256"].lower() for name, facts in manifest["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise DeliveryRefused(
            "It was received before, but its manifest is gone or cannot be read now. What was "
            "received stands; put the manifest back or take the folder away.",
            "manifest_gone",
        ) from None
    changed = [name for name in sorted(before | now) if before.get(name) != now.get(name)]
    if not changed:
        # A file that was taken away is not another one.
        changed = [
            name
            for name, sha256 in sorted(now.items())
            if (folder / name).is_file() and sha256_of(folder / name) != sha256
        ]
    if not changed and checksum(manifest) != receipt["manifest_sha256"]:
        changed = [MANIFEST]
    if changed:
        raise DeliveryRefused(
            f"It was received before with other content ({', '.join(changed)}), and a delivery "
            "never changes. What was received stands. Deliver the new content under the date it "
            "was made.",
            "changed",
        )
    return changed_mapping(receipt, f"{folder.parent.name}/{folder.name}")


def check_key(received: Path, pseudonymiser: Pseudonymiser) -> None:
    """Raise UserError if a received copy was made with another key, or a receipt is damaged."""
    for path in receipt_paths(received):
        receipt = read_receipt(path)
        if receipt["key_fingerprint"] != pseudonymiser.fingerprint:
            raise UserError(
                f"The pseudonym key is not the one that {received} was made with: the same person "
                "would get two pseudonyms. Use that key, or receive everything anew into an empty "
                "folder."
            )
