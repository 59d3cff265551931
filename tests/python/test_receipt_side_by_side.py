"""Deliveries read and sealed by several processes: as if by one, whatever becomes of them."""

import errno
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import duckdb
import pytest
from conftest import KEY
from deliveries import benefit, deliver, ident, income

from introstat.errors import DeliveryRefused
from introstat.identity.pseudonyms import Pseudonymiser
from introstat.places import part_of_memory
from introstat.receipt import copies
from introstat.receipt.check.run import ReceptionCheck
from introstat.receipt.receive import Outcome, receive

PERSON = ";;2;1990-01-01;SY;SY;flyktning;2015-01-01;;;0;0301;;;0;2015-02-01"


@pytest.fixture
def extracts(tmp_path: Path) -> Path:
    """Deliveries of three sources: one is refused, one has a file too many."""
    folder = tmp_path / "extracts"
    for month in range(1, 6):
        lines = [income(ident(number), f"2018-0{month}", benefit(1)) for number in range(1, 9)]
        name = f"inntekt-2018-0{month}.jsonl"
        deliver(folder, "aordningen", f"2018-0{month + 1}-10", {name: lines})
    for year in (2017, 2018, 2019):
        rows = [f"{ident(number)}{PERSON}" for number in range(1, year - 2010)]
        deliver(folder, "nir", f"{year}-01-21", {"personer.csv": rows})
    (folder / "nir/2018-01-21/notes.txt").write_text("of the sender's own\n")
    deliver(folder, "status", "2018-01-21", raw={"signaler.csv": b"signal_id\n1;2\n"})
    return folder


def received_from(extracts: Path, received: Path) -> Outcome:
    return receive(extracts, received, Pseudonymiser(KEY))


@pytest.fixture
def alone(extracts: Path, tmp_path: Path) -> tuple[Path, Outcome]:
    """What one process makes of them: so few are not worth starting others for."""
    received = tmp_path / "alone" / "received"
    received.parent.mkdir()
    return received, received_from(extracts, received)


def expect_same(received: Path, outcome: Outcome, alone: tuple[Path, Outcome]) -> None:
    reference, expected = alone
    assert len(expected.received) == 8
    assert len(expected.refused) == 1
    assert (outcome.received, outcome.refused) == (expected.received, expected.refused)
    assert outcome.remarks == expected.remarks
    assert files(received) == files(reference)
    assert events(received) == events(reference)
    assert not list(received.glob(".incoming-*"))


def files(received: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(received)): path.read_bytes()
        for path in received.rglob("*")
        if path.is_file() and path.name != "journal.jsonl"
    }


def events(received: Path) -> list[tuple[str, str]]:
    lines = map(json.loads, (received / "journal.jsonl").read_text().splitlines())
    return [(line["event"], line["delivery"]) for line in lines]


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What is given to other processes, share by share."""
    given: list[list[str]] = []
    begin_ahead = copies.Copies.begin_ahead

    def begin(self: copies.Copies, shares: Sequence[copies.Share]) -> None:
        given.extend(
            [f"{folder.parent.name}/{folder.name}" for folder in share.folders] for share in shares
        )
        begin_ahead(self, shares)

    monkeypatch.setattr(copies.Copies, "begin_ahead", begin)
    monkeypatch.setattr(copies, "_WORTH_PROCESSES", 0)
    return given


def test_several_processes_receive_what_one_does(extracts, alone, begun, tmp_path):
    received = tmp_path / "received"
    expect_same(received, received_from(extracts, received), alone)
    assert list(map(len, begun)) == [9]


LARGE = "nir/2018-01-21"


@pytest.fixture
def with_large_file(
    extracts: Path,
    alone: object,  # is made before
    begun: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One delivery has a file too large for what an equal part of the memory holds."""
    os.truncate(extracts / LARGE / "notes.txt", 5000)
    each = part_of_memory(2 * min(os.cpu_count() or 1, 4))
    monkeypatch.setattr(copies, "_PART_FOR_FILE", each // 4000)


@pytest.mark.usefixtures("with_large_file")
def test_a_process_with_more_memory_reads_the_large_files(extracts, alone, begun, tmp_path):
    received = tmp_path / "received"
    expect_same(received, received_from(extracts, received), alone)
    of_large, of_others = begun
    assert of_large == [LARGE]
    assert len(of_others) == 8


@pytest.mark.usefixtures("with_large_file")
def test_it_helps_the_others_when_it_has_read_them(extracts, alone, tmp_path, monkeypatch):
    monkeypatch.setattr(copies, "_copy_in_process", wait_for_help)
    received = tmp_path / "received"
    expect_same(received, received_from(extracts, received), alone)
    assert has_helped(extracts)


def wait_for_help(folder: Path, staging: Path) -> NoReturn:
    extracts = folder.parents[1]
    note = extracts / f"{folder.parent.name}-{folder.name}.by"
    note.with_suffix(".new").write_text(str(os.getpid()))
    note.with_suffix(".new").replace(note)
    if f"{folder.parent.name}/{folder.name}" != LARGE:
        expect_soon(lambda: has_helped(extracts))
    fail_for_memory(folder, staging)


def has_helped(extracts: Path) -> bool:
    """Tell whether the process that was given the large delivery was given another one."""
    by = {path.stem: path.read_text() for path in extracts.glob("*.by")}
    of_large = by.pop(LARGE.replace("/", "-"), "nobody")
    return of_large in by.values()


MB = 1_000_000


@pytest.mark.parametrize(
    ("threads", "sizes", "shares"),
    [
        (2, {"a": 150, "b": 300, "c": 200}, [("b", 1, 2000 * MB, 1), ("ac", 1, 1000 * MB, 1)]),
        (8, {"a": 90, "b": 300, "c": 80}, [("b", 1, 2000 * MB, 2), ("ac", 2, 500 * MB, 2)]),
        # one that no process has the memory for; many to read alone; nothing worth a process
        (2, {"a": 150, "b": 1100, "c": 200}, [("ac", 2, 1000 * MB, 1)]),
        (2, {"a": 150, "b": 900, "c": 200}, [("ac", 2, 1000 * MB, 1)]),
        (2, {"a": 1, "b": 300, "c": 2}, []),
        (2, {"a": 200}, []),
        (1, {"a": 200, "b": 300, "c": 200}, []),
    ],
)
def test_deliveries_are_shared_out_by_their_largest_file(
    tmp_path, monkeypatch, threads, sizes, shares
):
    monkeypatch.setenv("INTROSTAT_MEMORY", "4GB")
    for name, megabytes in sizes.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "file.csv").touch()
        os.truncate(tmp_path / name / "file.csv", megabytes * MB)
    given = copies.shared_out([tmp_path / name for name in sizes], threads)
    assert [
        ("".join(folder.name for folder in each.folders), each.processes, each.memory, each.threads)
        for each in given
    ] == shares


def mark_asked(folder: Path, staging: Path) -> None:
    staging.mkdir()
    (staging / "half").write_text("a file that was not written to its end")
    (folder.parents[1] / "asked").touch()


def fail_for_memory(folder: Path, staging: Path) -> NoReturn:
    mark_asked(folder, staging)
    raise duckdb.OutOfMemoryException("Out of Memory Error: failed to allocate")


def refuse_for_memory(folder: Path, staging: Path) -> NoReturn:
    mark_asked(folder, staging)
    raise DeliveryRefused("does not fit", "memory")


def fail_for_room(folder: Path, staging: Path) -> NoReturn:
    mark_asked(folder, staging)
    raise OSError(errno.ENOSPC, "No space left on device")


def end(folder: Path, staging: Path) -> NoReturn:
    mark_asked(folder, staging)
    os._exit(9)


def end_one(folder: Path, staging: Path) -> NoReturn:
    mark_asked(folder, staging)
    if staging.name == "1":
        os._exit(9)
    time.sleep(60)
    raise AssertionError("not ended")


@pytest.mark.parametrize("fails", [fail_for_memory, refuse_for_memory, fail_for_room, end, end_one])
@pytest.mark.usefixtures("begun")
def test_what_another_process_could_not_do_is_done_here(
    extracts, alone, tmp_path, monkeypatch, fails
):
    monkeypatch.setattr(copies, "_copy_in_process", fails)
    received = tmp_path / "received"
    expect_same(received, received_from(extracts, received), alone)
    assert (extracts / "asked").exists()


def test_no_processes_to_be_had_is_no_fault(extracts, alone, begun, tmp_path, monkeypatch):
    def refuse(*_: object, **__: object) -> NoReturn:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(copies, "ProcessPoolExecutor", refuse)
    received = tmp_path / "received"
    expect_same(received, received_from(extracts, received), alone)
    assert begun


def test_a_fault_here_ends_what_others_are_at(extracts, begun, tmp_path, monkeypatch):
    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(ReceptionCheck, "check", interrupt)
    received = tmp_path / "received"
    with pytest.raises(KeyboardInterrupt):
        received_from(extracts, received)
    assert begun
    assert not list(received.glob(".incoming-*"))
    assert not list(received.glob("*/*/receipt.json"))
    assert multiprocessing.active_children() == []


def test_only_what_is_new_is_given_to_others(extracts, begun, tmp_path):
    received = tmp_path / "received"
    received_from(extracts, received)
    begun.clear()
    again = ["aordningen/2018-06-10", "nir/2019-01-21"]
    for delivery in again:
        shutil.rmtree(received / delivery)
    shutil.rmtree(extracts / "status")
    outcome = received_from(extracts, received)
    assert outcome.received == again
    assert len(outcome.known) == 6
    assert begun == [again]


def test_a_process_ends_with_the_command_that_started_it(extracts, tmp_path):
    """Only the command itself is killed, while another process is busy for it."""
    received = tmp_path / "received"
    script = (
        "from pathlib import Path\n"
        "import test_receipt_side_by_side as side\n"
        "if __name__ == '__main__':\n"
        "    side.copies._WORTH_PROCESSES = 0\n"
        "    side.copies._copy_in_process = side.stay\n"
        f"    side.received_from(Path({str(extracts)!r}), Path({str(received)!r}))\n"
    )
    program = tmp_path / "command.py"
    program.write_text(script)
    home = {"PYTHONPATH": str(Path(__file__).parent)}
    process = subprocess.Popen([sys.executable, str(program)], env=os.environ | home)
    try:
        expect_soon((extracts / "asked").exists)
    finally:
        process.kill()
        process.wait()
    busy = int((extracts / "asked").read_text())
    expect_soon(lambda: not Path(f"/proc/{busy}").exists())


def stay(folder: Path, staging: Path) -> NoReturn:
    (folder.parents[1] / "new").write_text(str(os.getpid()))
    (folder.parents[1] / "new").replace(folder.parents[1] / "asked")
    time.sleep(60)
    raise AssertionError("not ended")


def expect_soon(is_so: Callable[[], bool]) -> None:
    for _ in range(300):
        if is_so():
            return
        time.sleep(0.1)
    raise AssertionError("not within half a minute")


@pytest.mark.parametrize(
    ("limit", "parts", "part"),
    [("4GB", 4, 1_000_000_000), ("1.5 GiB", 3, 536_870_912), ("500mb", 16, 31_250_000)],
)
def test_a_part_of_memory_is_told_in_bytes(monkeypatch, limit, parts, part):
    monkeypatch.setenv("INTROSTAT_MEMORY", limit)
    assert part_of_memory(parts) == part
