"""Sealed copies of deliveries, written before they are checked: several at once if there are many.

DuckDB shares one file between threads only if it is large, and most deliveries hold many small
ones. So deliveries are read and sealed side by side, by processes that each use their part of the
processors, while the caller checks them and moves them into place one by one in their order. One of
the processes has more of the memory, for the deliveries with large files; when it has made those it
helps the others.
"""

import os
import shutil
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
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
# The most processes share this part of the memory limit; the one for large files has as much.
_PART_AHEAD = 2
# No file of over this part of a process's memory is read by it: lines are held several times.
_PART_FOR_FILE = 4
# Columns are held about 1.7 times. What does not fit after all, the caller reads anew.
_PART_FOR_LARGE_FILE = 2
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


@dataclass(frozen=True)
class Share:
    """Deliveries, and the processes that make their copies: each with bytes of memory, threads."""

    folders: list[Path]
    processes: int
    memory: int
    threads: int


class Copies:
    """The sealed copies of new deliveries, made when asked for or before.

    Another process may lack what we have: memory, room beside the other copies, life. What it could
    not do is done here.
    """

    def __init__(self, folders: Sequence[Path], place: Path, alone: _Sealer) -> None:
        """Take the deliveries in the order in which they will be asked for."""
        self._stagings = {folder: place / str(number) for number, folder in enumerate(folders)}
        self._alone = alone
        self._ahead: _Ahead | None = None

    def begin_ahead(self, shares: Sequence[Share]) -> None:
        """Let processes make the copies of these shares before they are asked for."""
        try:
            self._ahead = _Ahead(shares, self._alone.pseudonymiser, self._stagings)
            self._ahead.begin()
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
        # The memory is ours alone meanwhile.
        with self._ahead.held() if self._ahead is not None else nullcontext():
            shutil.rmtree(self._stagings[folder], ignore_errors=True)
            return self._alone.copy(folder, self._stagings[folder])

    def _end_ahead(self) -> None:
        """Make all copies here from now on, with the room that those made ahead have taken."""
        self.end()
        for staging in self._stagings.values():
            shutil.rmtree(staging, ignore_errors=True)


class _Crew:
    """The processes of a share, how many of them have nothing to do, and what is not begun yet."""

    def __init__(self, share: Share, pseudonymiser: Pseudonymiser) -> None:
        self.memory = share.memory
        self.idle = share.processes
        self.waiting = deque(share.folders)
        self.executor = ProcessPoolExecutor(
            share.processes,
            get_context("spawn"),
            _begin_process,
            (os.getpid(), pseudonymiser, share.memory, share.threads),
        )


class _Ahead:
    """Processes that make copies, in the order in which they will be asked for.

    Each begins the next when it has made one: of its own share, then of those who have less memory.
    What is done waits on the disk, where it will stay.
    """

    def __init__(
        self, shares: Sequence[Share], pseudonymiser: Pseudonymiser, stagings: dict[Path, Path]
    ) -> None:
        self._crews = [_Crew(share, pseudonymiser) for share in shares]
        self._stagings = stagings
        self._copies: dict[Path, Future[SealedCopy]] = {
            folder: Future() for share in shares for folder in share.folders
        }
        self._begun: set[Future[SealedCopy]] = set()
        self._is_held = False
        # What is made is told of in other threads.
        self._lock = threading.RLock()
        self._others = set(active_children())

    def begin(self) -> None:
        """Start the processes, each with a delivery."""
        self.begin_more()
        # The last one started is watched from the next call on: without one nobody sees it die.
        with suppress(RuntimeError):  # one has died already
            for crew in self._crews:
                crew.executor.submit(os.getpid)

    def begin_more(self) -> None:
        """Give every idle process a delivery, as long as there are any."""
        with self._lock, deaf_to_interrupts():
            for crew in self._crews:
                while crew.idle and not self._is_held and (folder := self._next_for(crew)):
                    self._begin(crew, folder)

    def _next_for(self, crew: _Crew) -> Path | None:
        for other in (crew, *self._crews):
            if other.waiting and other.memory <= crew.memory:
                return other.waiting.popleft()
        return None

    def _begin(self, crew: _Crew, folder: Path) -> None:
        try:
            made = crew.executor.submit(_copy_in_process, folder, self._stagings[folder])
        except RuntimeError as error:  # a process died, and its crew with it
            self._forget_waiting()
            for copy in self._copies.values():
                if not copy.done():
                    copy.set_exception(error)
            return
        crew.idle -= 1
        self._begun.add(made)
        made.add_done_callback(partial(self._told, crew, self._copies[folder]))

    def _told(self, crew: _Crew, copy: Future[SealedCopy], made: Future[SealedCopy]) -> None:
        with self._lock:
            crew.idle += 1
            self._begun.discard(made)
            if made.cancelled() or copy.done():
                return
            error = made.exception()
            if error is not None:
                copy.set_exception(error)
            else:
                copy.set_result(made.result())
        self.begin_more()

    def copy_of(self, folder: Path) -> SealedCopy | None:
        """Return a copy when it is made, or raise why it is not; None if it is in no share."""
        copy = self._copies.get(folder)
        return copy.result() if copy else None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Begin nothing in the block, which waits until what is begun is made."""
        with self._lock:
            self._is_held = True
            begun = list(self._begun)
        wait(begun)
        try:
            yield
        finally:
            self._is_held = False
            self.begin_more()

    def end(self) -> None:
        """Begin nothing more, and end the processes."""
        with self._lock:
            self._forget_waiting()
            is_busy = bool(self._begun)
        if is_busy:
            for process in set(active_children()) - self._others:
                process.terminate()
        for crew in self._crews:
            crew.executor.shutdown(cancel_futures=True)

    def _forget_waiting(self) -> None:
        for crew in self._crews:
            crew.waiting.clear()


@contextmanager
def sealed_copies(
    folders: Sequence[Path], place: Path, pseudonymiser: Pseudonymiser
) -> Iterator[Copies]:
    """Give the copies of new deliveries, to be asked for in this order, written under `place`."""
    alone = _sealer(pseudonymiser, memory_limit())
    with closing(alone.connection):
        copies = Copies(folders, place, alone)
        try:
            if shares := shared_out(folders, alone.threads):
                copies.begin_ahead(shares)
            yield copies
        finally:
            copies.end()


def shared_out(folders: Sequence[Path], threads: int) -> list[Share]:
    """Share new deliveries out to processes; what is in no share is for the caller to read."""
    sizes = {folder: _sizes(folder) for folder in folders}
    to_read = {folder: sum(sizes[folder]) for folder in folders}
    largest = {folder: max(sizes[folder], default=0) for folder in folders}
    most = min(threads, _MOST_PROCESSES)
    memory, memory_for_large = part_of_memory(_PART_AHEAD * most), part_of_memory(_PART_AHEAD)
    fits = {each: largest[each] <= memory // _PART_FOR_FILE for each in folders}
    small = [each for each in folders if fits[each]]
    large = [
        each
        for each in folders
        if not fits[each] and largest[each] <= memory_for_large // _PART_FOR_LARGE_FILE
    ]
    if sum(to_read[each] for each in small) <= _WORTH_PROCESSES:
        return []
    if sum(to_read[each] for each in large) > 2 * sum(to_read[each] for each in small):
        large = []  # the caller reads one with all threads, and the others are soon done
    number = min(most, len(small) + bool(large))
    if number == 1:
        return []
    threads = max(1, threads // number)
    if not large:
        return [Share(small, number, memory, threads)]
    return [
        Share(large, 1, memory_for_large, threads),
        Share(small, number - 1, memory, threads),
    ]


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
