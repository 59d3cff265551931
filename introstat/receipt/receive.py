"""Receiving a delivery: checked, its identity numbers replaced, a copy moved into place as a whole.

The received copy is `<received>/<source>/<delivered>/<dataset>.parquet` and a `receipt.json` with
what was delivered; `mottakskontroll/` beside them has what the reception check found. It is written
beside and moved into place as a whole, and never changed after.
"""

import hashlib
import json
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from introstat import __version__
from introstat.errors import DeliveryRefused, UserError, said_by_engine
from introstat.identity.numbers import tellable
from introstat.identity.pseudonyms import Pseudonymiser
from introstat.locking import move_into_place, workshop
from introstat.places import MEMORY_VARIABLE
from introstat.progress import Tell, silent
from introstat.receipt import journal
from introstat.receipt.check.report import Report
from introstat.receipt.check.run import ReceptionCheck
from introstat.receipt.check.summary import forget_refusal, keep_refusal, summary_of
from introstat.receipt.copies import SealedCopy, Sealer
from introstat.receipt.manifest import (
    MANIFEST,
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
) -> Outcome:
    """Receive every delivery under `extracts` that is not received yet.

    A delivery that breaks the contract is refused whole and the others go on. `progress` is told
    how many of how many are done and the next one's name.

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
        closing(Sealer(pseudonymiser)) as sealer,
        ReceptionCheck(received, place / _SPILL) as reception,
    ):
        tools = _Tools(place, sealer, reception, pseudonymiser.fingerprint)
        _receive_all(folders, received, tools, outcome, progress)
    return outcome


@dataclass(frozen=True)
class _Tools:
    """What every delivery is received with."""

    place: Path
    sealer: Sealer
    reception: ReceptionCheck
    key_fingerprint: str


def _receive_all(
    folders: list[Path], received: Path, tools: _Tools, outcome: Outcome, progress: Tell
) -> None:
    for done, folder in enumerate(folders):
        name = tellable(f"{folder.parent.name}/{folder.name}")
        progress(done, len(folders), name)
        try:
            _receive_or_refuse(folder, name, received, tools, outcome)
        except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
            said = (
                f"{error.filename or 'A file'}: {error.strerror}."
                if isinstance(error, OSError)
                else said_by_engine(error)
            )
            raise ReceiptStopped(
                f"{name} could not be received; what was received before stands. {tellable(said)} "
                f"Make room on the disk of {received}, or give it more memory with "
                f"${MEMORY_VARIABLE}, and try again.",
                outcome,
            ) from None
        except UserError as error:
            raise ReceiptStopped(error.message, outcome) from None
    progress(len(folders), len(folders), "")


def _receive_or_refuse(
    folder: Path, name: str, received: Path, tools: _Tools, outcome: Outcome
) -> None:
    try:
        _receive_one(folder, received, tools, outcome)
        forget_refusal(received, folder)
    except DeliveryRefused as refusal:
        reason = tellable(refusal.message)
        outcome.refused.append(f"{name} refused. {reason}")
        journal.note(received, "refused", delivery=name, reason=reason)
        outcome.summaries.append(keep_refusal(received, folder, refusal))


def _receive_one(folder: Path, received: Path, tools: _Tools, outcome: Outcome) -> None:
    home = _home(folder, received)
    if home.exists():
        outcome.remarks += _expect_unchanged(folder, home)
        outcome.known.append(f"{folder.parent.name}/{folder.name}")
        return
    with workshop(tools.place, _STAGING_PREFIX) as staging:
        copy = tools.sealer.copy(folder, staging)
        delivery = copy.delivery
        remarks = _dated_before(delivery, received) + copy.remarks
        report = tools.reception.check(delivery, staging, remarks)
        _write_receipt(copy, staging, tools.key_fingerprint, report)
        home.parent.mkdir(exist_ok=True)
        move_into_place(staging, home)
    journal.note(received, "received", delivery=delivery.name)
    outcome.received.append(delivery.name)
    if report.remarks:
        outcome.remarks += report.remarks
        outcome.summaries.append(summary_of(home))


def _home(folder: Path, received: Path) -> Path:
    return received / folder.parent.name / folder.name


def _dated_before(delivery: Delivery, received: Path) -> list[str]:
    """Return a remark if a later delivery is received already: figures of days between change."""
    later = [
        path.parent.name
        for path in sorted((received / delivery.source.name).glob(f"*/{RECEIPT}"))
        if path.parent.name > str(delivery.delivered)
    ]
    if not later:
        return []
    return [
        f"{delivery.name}: dated before a delivery that is received already, so builds as of a day "
        f"between change: {later[0]}"
    ]


def _write_receipt(copy: SealedCopy, staging: Path, key_fingerprint: str, report: Report) -> None:
    delivery = copy.delivery
    receipt: dict[str, Any] = {
        "source": delivery.source.name,
        "delivered": str(delivery.delivered),
        "covers_until": str(delivery.covers_until) if delivery.covers_until else None,
        "manifest_sha256": delivery.manifest_sha256,
        "received_by": f"introstat {__version__}",
        "key_fingerprint": key_fingerprint,
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
        changed = [name for name, sha256 in sorted(now.items()) if _is_other(folder / name, sha256)]
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


def _is_other(path: Path, sha256: str) -> bool:
    """Tell whether a file is there and has another checksum; one that was taken away has none."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() != sha256


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
