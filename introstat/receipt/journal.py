"""The journal of a received copy: what was received, refused and built from it, and when.

One JSON object a line in `<received>/journal.jsonl`, appended and never changed. It is a log for
the operator; no figure is made from it.
"""

import json
import os
from contextlib import suppress
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
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
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
    found = []
    for line in lines:
        with suppress(ValueError):
            found.append(json.loads(line))
    return [entry for entry in found if isinstance(entry, dict)]
