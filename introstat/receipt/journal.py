"""The journal of a received copy: what was received, refused and built from it, and when.

One JSON object a line in `<received>/journal.jsonl`, appended and never changed. It is a log for
the operator; no figure is made from it.
"""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

_JOURNAL = "journal.jsonl"


def note(received: Path, event: str, **facts: Any) -> None:
    """Append an event (`received`, `refused`, `built`, `rotated`) with the time it is now."""
    entry = {
        "at": datetime.now().astimezone().isoformat(timespec="seconds"),
        "event": event,
    } | facts
    line = json.dumps(entry, ensure_ascii=False)
    path = received / _JOURNAL
    with path.open("a+b") as file:
        # A process that was killed may have left half a line.
        if file.tell() and _last_byte(path) != b"\n":
            line = f"\n{line}"
        file.write(f"{line}\n".encode())
        file.flush()
        os.fsync(file.fileno())


def entries(received: Path) -> list[dict[str, Any]]:
    """Return the events in order; a line that was not written to its end is left out."""
    try:
        lines = (received / _JOURNAL).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    return [entry for entry in map(_parsed, lines) if entry is not None]


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def _last_byte(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1)
