"""Sealed copies of deliveries, written before they are checked: several at once if there are many.

DuckDB shares one file between threads only if it is large, and most deliveries hold many small
ones. So deliveries are read and sealed side by side, by processes that each use their part of the
processors, while the caller checks them and moves them into place one by one in their order.
"""

import shutil
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb

from introstat.identity.numbers import tellable
from introstat.identity.pseudonyms import Pseudonymiser
from introstat.places import memory_limit, part_of_memory
from introstat.processes import end_with_parent
from introstat.receipt.files import load_incoming
from introstat.receipt.manifest import Delivery, read_delivery
from introstat.receipt.mapped import MappedReceipt
from introstat.receipt.sealing import forget_file, forget_numbers, write_sealed

_SMALL_FILE = 4 * 1024 * 1024
# Starting processes takes about as long as reading this much.
_WORTH_PROCESSES = 128 * 1024 * 1024
_MOST_PROCESSES = 4
# Each process gets this part of the memory limit, and no file of over this part of that.
_PART_OF_MEMORY = 4
_PART_FOR_FILE = 4
# What packed text of registers unpacks to, at least.
_UNPACKED = 8


@dataclass(frozen=True)
class SealedCopy:
    """A delivery as it was read, with the datasets its mapping made, and remarks on the reading."""

    delivery: Delivery
    remarks: list[str]
    mapping: dict[str, Any] | None


@dataclass(frozen=True)
class _Sealer:
    """What deliveries are read and sealed with; it remembers numbers from one to the next."""

    connection: duckdb.DuckDBPyConnection
    pseudonymiser: Pseudonymiser
    threads: int

    def copy(self, folder: Path, staging: Path) -> SealedCopy:
        """Read a delivery and write its sealed datasets into a new folder.

        Raises DeliveryRefused.
        """
        delivery = read_delivery(folder)
        staging.mkdir(mode=0o700)
        remarks = [
            tellable(f"{delivery.name}/{name}: not in the manifest, not received")
            for name in delivery.unlisted
        ]
        try:
            for file in delivery.files:
                self._suit_threads(file.path)
                remarks += load_incoming(self.connection, delivery, file)
                write_sealed(self.connection, delivery, file, self.pseudonymiser, staging)
            self.connection.execute(f"set threads = {self.threads}")
            mapped = MappedReceipt(delivery)
            for file in mapped.load_incoming(self.connection):
                write_sealed(self.connection, delivery, file, self.pseudonymiser, staging)
        finally:
            forget_file(self.connection)
        delivery = replace(delivery, files=delivery.files + tuple(mapped.files))
        return SealedCopy(delivery, remarks + mapped.remarks, mapped.account())

    def _suit_threads(self, path: Path) -> None:
        """Let one thread read a small file: waking others costs more than they take off it."""
        is_small = path.stat().st_size < _SMALL_FILE
        self.connection.execute(f"set threads = {1 if is_small else self.threads}")


class Copies:
    """The sealed copies of new deliveries, made when asked for or before."""

    def __init__(self, folders: Sequence[Path], place: Path, alone: _Sealer) -> None:
        """Take the deliveries in the order in which they will be asked for."""
        self._stagings = {folder: place / str(number) for number, folder in enumerate(folders)}
        self._alone = alone
        self._ahead: ProcessPoolExecutor | None = None
        self._waiting: deque[Path] = deque()
        self._begun: dict[Path, Future[SealedCopy]] = {}
        self._most_begun = 0

    def begin_ahead(self, processes: int, threads: int, folders: Sequence[Path]) -> None:
        """Let so many processes make the copies of these deliveries before they are asked for."""
        self._ahead = ProcessPoolExecutor(
            processes,
            get_context("spawn"),
            _begin_process,
            (self._alone.pseudonymiser, threads),
        )
        self._waiting.extend(folders)
        # One more each than is being read: what is done waits on the disk to be asked for.
        self._most_begun = 2 * processes
        self._begin_more()

    @contextmanager
    def copy_of(self, folder: Path) -> Iterator[tuple[Path, SealedCopy]]:
        """Give the folder of a delivery's copy and what it is; remove what is not moved away.

        Raises DeliveryRefused.
        """
        staging = self._stagings[folder]
        try:
            yield staging, self._made_ahead(folder) or self._alone.copy(folder, staging)
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def end(self) -> None:
        """Stop what is being made."""
        if self._ahead is not None:
            self._ahead.shutdown(cancel_futures=True)

    def _made_ahead(self, folder: Path) -> SealedCopy | None:
        """Return a copy that another process made, or None if it is to be made here."""
        copy = self._begun.pop(folder, None)
        try:
            self._begin_more()
            return copy.result() if copy else None
        except (duckdb.OutOfMemoryException, BrokenProcessPool) as error:
            # A process has less memory than we have, and may be ended by the system for want of it.
            if isinstance(error, BrokenProcessPool):
                self._waiting.clear()
                self._begun.clear()
            shutil.rmtree(self._stagings[folder], ignore_errors=True)
            return None

    def _begin_more(self) -> None:
        while self._ahead and self._waiting and len(self._begun) < self._most_begun:
            folder = self._waiting.popleft()
            self._begun[folder] = self._ahead.submit(
                _copy_in_process, folder, self._stagings[folder]
            )


@contextmanager
def sealed_copies(
    folders: Sequence[Path], place: Path, pseudonymiser: Pseudonymiser
) -> Iterator[Copies]:
    """Give the copies of new deliveries, to be asked for in this order, written under `place`."""
    sizes = {folder: _sizes(folder) for folder in folders}
    room = part_of_memory(_PART_OF_MEMORY * _PART_FOR_FILE)
    fitting = [folder for folder in folders if max(sizes[folder], default=0) <= room]
    alone = _sealer(pseudonymiser, memory_limit())
    with closing(alone.connection):
        copies = Copies(folders, place, alone)
        processes = min(alone.threads, len(fitting), _MOST_PROCESSES)
        try:
            if processes > 1 and sum(sum(sizes[each]) for each in fitting) > _WORTH_PROCESSES:
                copies.begin_ahead(processes, alone.threads // processes, fitting)
            yield copies
        finally:
            copies.end()


def _sizes(folder: Path) -> list[int]:
    """Return about how many bytes of text each of a delivery's files holds."""
    return [
        path.stat().st_size * (_UNPACKED if path.suffix in (".gz", ".parquet") else 1)
        for path in folder.iterdir()
        if path.is_file()
    ]


def _sealer(pseudonymiser: Pseudonymiser, memory: str, threads: int | None = None) -> _Sealer:
    # One for all deliveries: opening it costs as much as reading a small file, and what it knows of
    # the numbers in one delivery is true of the next.
    connection = duckdb.connect(":memory:")
    connection.execute(f"set memory_limit = '{memory}'")
    connection.execute("set temp_directory = ''")  # no text with identity numbers on disk
    connection.execute("set enable_progress_bar = false")  # a process without a script has one
    forget_numbers(connection)
    row = connection.execute("select current_setting('threads')").fetchone()
    return _Sealer(connection, pseudonymiser, threads or (row[0] if row else 1))


# In the processes that make copies ahead.

_of_process: _Sealer


def _begin_process(pseudonymiser: Pseudonymiser, threads: int) -> None:
    global _of_process
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command itself answers it
    _of_process = _sealer(pseudonymiser, f"{part_of_memory(_PART_OF_MEMORY)}B", threads)


def _copy_in_process(folder: Path, staging: Path) -> SealedCopy:
    return _of_process.copy(folder, staging)
