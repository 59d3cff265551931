"""Sealed copies of deliveries, written before they are checked: several at once if there are many.

DuckDB shares one file between threads only if it is large, and most deliveries hold many small
ones. So deliveries are read and sealed side by side, by processes that each use their part of the
processors, while the caller checks them and moves them into place one by one in their order.
"""

import os
import shutil
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any

import duckdb

from introstat.errors import DeliveryRefused
from introstat.identity.numbers import tellable
from introstat.identity.pseudonyms import Pseudonymiser
from introstat.places import memory_limit, part_of_memory
from introstat.processes import deaf_to_interrupts, end_with_parent
from introstat.receipt.files import load_incoming
from introstat.receipt.manifest import Delivery, read_delivery
from introstat.receipt.mapped import MappedReceipt
from introstat.receipt.sealing import forget_file, forget_numbers, write_sealed

_SMALL_FILE = 4 * 1024 * 1024
# Starting processes takes about as long as reading this much.
_WORTH_PROCESSES = 128 * 1024 * 1024
_MOST_PROCESSES = 4
# No file of over this part of a process's memory is read by it.
_PART_FOR_FILE = 4
# What packed text of registers unpacks to, at least.
_UNPACKED = 8
# Refusals of files that do not fit in memory.
_FOR_WANT_OF_MEMORY = ("memory", "compressed")


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

        Raises DeliveryRefused, OSError, duckdb.Error.
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
    """The sealed copies of new deliveries, made when asked for or before.

    Another process may lack what we have: memory, room beside the other copies, life. What it could
    not do is done here.
    """

    def __init__(self, folders: Sequence[Path], place: Path, alone: _Sealer) -> None:
        """Take the deliveries in the order in which they will be asked for."""
        self._stagings = {folder: place / str(number) for number, folder in enumerate(folders)}
        self._alone = alone
        self._ahead: _Processes | None = None

    def begin_ahead(self, processes: int, folders: Sequence[Path]) -> None:
        """Let so many processes make the copies of these deliveries before they are asked for."""
        try:
            self._ahead = _Processes(processes, self._alone, folders, self._stagings)
            self._ahead.begin_more()
        except (OSError, NotImplementedError):  # the system gives us no processes
            self._end_ahead()

    @contextmanager
    def copy_of(self, folder: Path) -> Iterator[tuple[Path, SealedCopy]]:
        """Give the folder of a delivery's copy and what it is; remove what is not moved away.

        Raises DeliveryRefused.
        """
        staging = self._stagings[folder]
        try:
            yield staging, self._made_ahead(folder) or self._made_here(folder)
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def end(self) -> None:
        """Stop what is being made."""
        if self._ahead is not None:
            self._ahead.end()
            self._ahead = None

    def _made_ahead(self, folder: Path) -> SealedCopy | None:
        """Return a copy that another process made, or None if it is to be made here."""
        if self._ahead is None:
            return None
        try:
            return self._ahead.copy_of(folder)
        except DeliveryRefused as refusal:
            if refusal.kind not in _FOR_WANT_OF_MEMORY:
                raise
        except duckdb.OutOfMemoryException:
            pass
        except (OSError, duckdb.Error, BrokenProcessPool):
            self._end_ahead()
        return None

    def _made_here(self, folder: Path) -> SealedCopy:
        if self._ahead is not None:
            self._ahead.wait()  # the memory is ours alone meanwhile
        shutil.rmtree(self._stagings[folder], ignore_errors=True)
        return self._alone.copy(folder, self._stagings[folder])

    def _end_ahead(self) -> None:
        """Make all copies here from now on, with the room that those made ahead have taken."""
        self.end()
        for staging in self._stagings.values():
            shutil.rmtree(staging, ignore_errors=True)


class _Processes:
    """Processes that make copies ahead, in the order in which they will be asked for."""

    def __init__(
        self, number: int, alone: _Sealer, folders: Sequence[Path], stagings: dict[Path, Path]
    ) -> None:
        self._executor = ProcessPoolExecutor(
            number,
            get_context("spawn"),
            _begin_process,
            (
                os.getpid(),
                alone.pseudonymiser,
                part_of_memory(_memory_parts(number)),
                max(1, alone.threads // number),
            ),
        )
        self._waiting = deque(folders)
        self._stagings = stagings
        self._begun: dict[Path, Future[SealedCopy]] = {}
        # One more each than is being read: what is done waits on the disk to be asked for.
        self._most_begun = 2 * number
        self._others = set(active_children())

    def begin_more(self) -> None:
        with deaf_to_interrupts():
            while self._waiting and len(self._begun) < self._most_begun:
                folder = self._waiting.popleft()
                self._begun[folder] = self._executor.submit(
                    _copy_in_process, folder, self._stagings[folder]
                )

    def copy_of(self, folder: Path) -> SealedCopy | None:
        copy = self._begun.pop(folder, None)
        self.begin_more()
        return copy.result() if copy else None

    def wait(self) -> None:
        wait(self._begun.values())

    def end(self) -> None:
        if any(not copy.done() for copy in self._begun.values()):
            for process in set(active_children()) - self._others:
                process.terminate()
        self._executor.shutdown(cancel_futures=True)


@contextmanager
def sealed_copies(
    folders: Sequence[Path], place: Path, pseudonymiser: Pseudonymiser
) -> Iterator[Copies]:
    """Give the copies of new deliveries, to be asked for in this order, written under `place`."""
    sizes = {folder: _sizes(folder) for folder in folders}
    alone = _sealer(pseudonymiser, memory_limit())
    with closing(alone.connection):
        most = min(alone.threads, _MOST_PROCESSES)
        room = part_of_memory(_memory_parts(most) * _PART_FOR_FILE)
        fitting = [folder for folder in folders if max(sizes[folder], default=0) <= room]
        copies = Copies(folders, place, alone)
        try:
            processes = min(most, len(fitting))
            if processes > 1 and sum(sum(sizes[each]) for each in fitting) > _WORTH_PROCESSES:
                copies.begin_ahead(processes, fitting)
            yield copies
        finally:
            copies.end()


def _memory_parts(processes: int) -> int:
    """In how many parts the memory limit is shared out: all processes ahead have half of it."""
    return 2 * processes


def _sizes(folder: Path) -> list[int]:
    """Return about how many bytes of text each of a delivery's files holds."""
    try:
        return [
            path.stat().st_size * (_UNPACKED if path.suffix in (".gz", ".parquet") else 1)
            for path in folder.iterdir()
            if path.is_file()
        ]
    except OSError:
        return []  # told of when it is received


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


def _begin_process(parent: int, pseudonymiser: Pseudonymiser, memory: int, threads: int) -> None:
    global _of_process
    end_with_parent(parent)
    _of_process = _sealer(pseudonymiser, f"{memory}B", threads)


def _copy_in_process(folder: Path, staging: Path) -> SealedCopy:
    try:
        return _of_process.copy(folder, staging)
    except duckdb.OutOfMemoryException:
        forget_numbers(_of_process.connection)  # they may be what fills it
        raise
