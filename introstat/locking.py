"""One writer at a time: a lock that the operating system lets go of when its process ends."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from introstat.errors import UserError


@contextmanager
def locked(path: Path, holder: str) -> Iterator[None]:
    """Hold the lock file while the block runs; UserError at once if `holder` has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"There is {holder} running already. Wait until it is done and try again."
            ) from None
        yield
