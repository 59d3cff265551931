"""Which files of known deliveries were read before and found to be what was received.

A delivery that is known is looked at again at every receipt, for it may never change. A file that
is of the same size, last written and last touched in any way at the same moments as when its
checksum was found right, is not read again: `<received>/.unchanged.json` keeps that, as
`{delivery: {file: [bytes, seconds, nanoseconds, seconds, nanoseconds]}}`. Without it, or where it
cannot be read, every file is.
"""

import hashlib
import json
import time
from pathlib import Path

UNCHANGED = ".unchanged.json"
# What was written so shortly before it was read may be written again within the same moment.
_SETTLED_SECONDS = 2
_NANOSECONDS = 1_000_000_000


class Unchanged:
    """The files last found unchanged, of one received copy."""

    def __init__(self, received: Path) -> None:
        """Read what was kept before."""
        self._path = received / UNCHANGED
        self._before = _read(self._path)
        self._seen = {name: dict(files) for name, files in self._before.items()}

    def other_files(self, folder: Path, checksums: dict[str, str]) -> list[str]:
        """Return the names of files that are there and do not have their SHA-256 checksum."""
        delivery = f"{folder.parent.name}/{folder.name}"
        seen: dict[str, list[int]] = {}
        others = []
        for name, sha256 in sorted(checksums.items()):
            path = folder / name
            if not path.is_file():
                continue
            look = _look(path)
            if self._before.get(delivery, {}).get(name) != look and not _has(path, sha256):
                others.append(name)
            elif look[1] < time.time() - _SETTLED_SECONDS:
                seen[name] = look
        if seen:
            self._seen[delivery] = seen
        else:
            self._seen.pop(delivery, None)
        return others

    def keep(self) -> None:
        """Write what was seen, if it is more than was known."""
        if self._seen != self._before:
            new = self._path.with_name(f"{self._path.name}.new")
            new.write_text(json.dumps(self._seen, sort_keys=True), encoding="utf-8")
            new.replace(self._path)


def _look(path: Path) -> list[int]:
    # Times in two numbers: no run of digits is as long as an identity number.
    seen = path.stat()
    return [
        seen.st_size,
        *divmod(seen.st_mtime_ns, _NANOSECONDS),
        # Whoever copies other content over a file can set the time of writing back, but not this.
        *divmod(seen.st_ctime_ns, _NANOSECONDS),
    ]


def _has(path: Path, sha256: str) -> bool:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256


def _read(path: Path) -> dict[str, dict[str, list[int]]]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if isinstance(kept, dict) and all(isinstance(files, dict) for files in kept.values()):
        return kept
    return {}
