"""One writer at a time, and files that never show before they are whole."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from introstat.errors import UserError


@contextmanager
def locked(path: Path, holder: str) -> Iterator[None]:
    """Hold the lock file while the block runs.

    The operating system releases the lock when the process ends, however it ends. Raises UserError
    at once if `holder` has it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"There is {holder} running already. Wait until it is done and try again."
            ) from None
        yield


@contextmanager
def workshop(parent: Path, prefix: str) -> Iterator[Path]:
    """Give a new folder for work in progress, and remove what of it has not been moved away.

    What a killed process left under the same prefix is removed first: the caller holds a lock that
    makes it the only one at work there.
    """
    for entry in parent.iterdir():
        if entry.name.startswith(prefix):
            shutil.rmtree(entry, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_whole(path: Path, content: bytes, *, is_private: bool = False) -> None:
    """Write a file so that it is there whole or not at all, also after a power cut.

    A private one can be read by its owner only.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(
            new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if is_private else 0o666
        )
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        move_into_place(new, path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def move_into_place(new: Path, place: Path) -> None:
    """Rename a finished file or folder to its place so that it is there, whole, after a power cut.

    A file takes the place of an older one; a folder's place must be empty.
    """
    for path in sorted(new.rglob("*")) if new.is_dir() else [new]:
        _sync(path)
    if new.is_dir():
        _sync(new)
    new.replace(place)
    _sync(place.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
