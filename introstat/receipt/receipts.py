"""The receipts of a received copy: what each delivery in it was when it came."""

import json
from pathlib import Path
from typing import Any

from introstat.errors import UserError

RECEIPT = "receipt.json"
_KEYS = {"source", "delivered", "key_fingerprint", "files", "remarks"}


def receipt_paths(received: Path) -> list[Path]:
    """Return the receipts of a received copy, by source and date.

    Work in progress, and what a killed process left of it, lies in folders that begin with a point.
    """
    return sorted(received.glob(f"[a-z]*/*/{RECEIPT}"))


def read_receipt(path: Path) -> dict[str, Any]:
    """Return what a receipt says. Raises UserError if the file is damaged.

    introstat writes it whole and never changes it: a broken one is the disk's fault or somebody's.
    """
    try:
        receipt = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        receipt = None
    if (
        not isinstance(receipt, dict)
        or not receipt.keys() >= _KEYS
        or not isinstance(receipt["files"], list)
    ):
        raise UserError(
            f"{path}: not readable as a receipt, so the received copy is damaged. Restore this "
            "file from backup; nothing can be received or built before."
        )
    return receipt
