"""Faults that happen: a killed process, a full disk, a cut-off file, two at once, the wrong key.

After each one the old warehouse is readable, the next run completes, and the counts add up. A few
of each run in `make test`; `make test-faults` runs them all.
"""

import gzip
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT, process, rows, run
from deliveries import deliver, ident

from introstat.processes import end_with_parent

INTROSTAT = [sys.executable, "-m", "introstat"]
NOT_THE_SAME = (".lock", "journal.jsonl")


def begin(*arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*INTROSTAT, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=end_with_parent,  # an interrupted test leaves nothing running
    )


def kill(process: subprocess.Popen[str]) -> None:
    """End a process and all it has started, as a power cut would."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def copy_of(received: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(received)): path.read_bytes()
        for path in received.rglob("*")
        if path.is_file() and path.name not in NOT_THE_SAME
    }


def expect_whole(received: Path) -> None:
    """Every delivery that is there is there with all its files and rows."""
    for folder in received.glob("[!.]*/[!.]*"):
        if folder.parent.name == "avvist":
            continue
        receipt = json.loads((folder / "receipt.json").read_text())
        for file in receipt["files"]:
            path = folder / f"{file['dataset']}.parquet"
            query = f"select count(*) from read_parquet('{path}')"
            assert duckdb.sql(query).fetchall() == [(file["received_rows"],)]


def facts(warehouse: Path) -> list[tuple]:
    """What tells whether two warehouses hold the same; fails if rows are lost in this one."""
    lost = rows(
        warehouse, "from dq_conservation where received_rows <> staged_rows + quarantined_rows"
    )
    assert lost == []
    names = (
        "fct_participation", "fct_participation_weeks", "fct_measure_weeks", "fct_terminations",
        "fct_one_year_status", "fct_benefit_months", "quarantine",
    )  # fmt: skip
    return [
        rows(warehouse, f"select '{name}', count(*), bit_xor(hash(t)) from {name} as t")[0]
        for name in names
    ]


@pytest.fixture(scope="module")
def whole(few: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """A receipt that nothing disturbed, and how long it took."""
    received = tmp_path_factory.mktemp("whole") / "received"
    started = time.monotonic()
    assert process("receive", few, "--received", received).returncode == 0
    return received, time.monotonic() - started


@pytest.fixture
def standing(few: Path, build: Callable[..., Path], tmp_path: Path) -> Path:
    """A warehouse of its own to spoil, with its received copy."""
    warehouse = tmp_path / "w.duckdb"
    built = build(few)
    shutil.move(built, warehouse)
    shutil.move(built.with_suffix(".received"), tmp_path / "w.received")
    return warehouse


@pytest.fixture(scope="module")
def duration(
    few: Path, build: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> float:
    """How long a build takes that has nothing new to receive."""
    warehouse = build(few)
    started = time.monotonic()
    done = process("build", "--extracts", few, "--warehouse", warehouse)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - started


def test_receipt_killed_again_and_again_completes_to_the_same_copy(few, whole, tmp_path):
    """Each run is killed a little later than the one before, and goes on where that one ended."""
    reference, length = whole
    received = tmp_path / "received"
    for share in (0.6, 0.9):
        killed = begin("receive", few, "--received", received)
        time.sleep(share * length)
        kill(killed)
        expect_whole(received)
    done = process("receive", few, "--received", received)
    assert done.returncode == 0, done.stderr
    assert copy_of(received) == copy_of(reference)
    assert not list(received.glob(".incoming-*"))


@pytest.mark.faults
@pytest.mark.parametrize("place", range(24))
def test_receipt_killed_anywhere_completes_to_the_same_copy(few, whole, tmp_path, place):
    reference, length = whole
    received = tmp_path / "received"
    killed = begin("receive", few, "--received", received)
    time.sleep(length * (place + 0.5) / 24)
    kill(killed)
    expect_whole(received)
    done = process("receive", few, "--received", received)
    assert done.returncode == 0, done.stderr
    assert copy_of(received) == copy_of(reference)


@pytest.mark.faults
@pytest.mark.parametrize("place", range(12))
def test_a_build_killed_anywhere_leaves_a_readable_warehouse(few, standing, duration, place):
    before = facts(standing)
    arguments = ["build", "--extracts", few, "--warehouse", standing]
    killed = begin(*arguments)
    time.sleep((place + 0.5) / 12 * duration)
    kill(killed)
    assert facts(standing) == before
    done = process(*arguments)
    assert done.returncode == 0, done.stderr
    assert facts(standing) == before
    assert not list(standing.parent.glob(".building-*"))


def test_a_build_killed_while_dbt_runs_leaves_no_process_and_the_old_warehouse(few, standing):
    """Only the command itself is killed; what it has started must stop writing too."""
    before = facts(standing)
    arguments = ["build", "--extracts", few, "--warehouse", standing]
    killed = begin(*arguments)
    deadline = time.monotonic() + 60
    while not (started := running_on(standing)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    killed.kill()
    killed.communicate()
    while running_on(standing):
        assert time.monotonic() < deadline, f"still running: {started}"
        time.sleep(0.05)
    assert facts(standing) == before
    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    assert facts(standing) == before
    assert not list(standing.parent.glob(".building-*"))


def test_a_build_without_deliveries_starts_nothing_and_leaves_nothing(tmp_path):
    (tmp_path / "extracts").mkdir()
    warehouse = tmp_path / "w.duckdb"
    done = run("build", "--extracts", tmp_path / "extracts", "--warehouse", warehouse)
    assert done.returncode == 2
    assert "No deliveries under" in done.stderr
    assert running_on(warehouse) == []
    assert not list(tmp_path.glob(".building-*"))


def running_on(warehouse: Path) -> list[str]:
    """The processes that dbt runs in for a build of this warehouse."""
    workshop = str(warehouse.parent / f".building-{warehouse.name}-")
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_text()
        except OSError:
            continue
        if "dbt.cli.main" in command and workshop in command:
            found.append(path.parent.name)
    return found


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte, which `grow` makes larger; skipped, with the reason, without it."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(
            "no small disk can be mounted here; be root or try `unshare -rm make test-faults`: "
            f"{done.stderr.strip()}"
        )
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def grow(disk: Path, size: str) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(disk)], check=True)


def test_a_full_disk_stops_receipt_and_nothing_is_lost(few, whole, small_disk):
    received = small_disk / "received"
    done = process("receive", few, "--received", received)
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert "Make room on the disk" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(received.glob("*/*/receipt.json")), "some deliveries came through before"
    expect_whole(received)
    assert not list(received.glob(".incoming-*"))
    grow(small_disk, "64m")
    assert process("receive", few, "--received", received).returncode == 0
    assert copy_of(received) == copy_of(whole[0])


@pytest.mark.faults
@pytest.mark.parametrize("room", ["3m", "8m"])
def test_a_full_disk_stops_a_build_and_the_old_warehouse_stands(few, standing, small_disk, room):
    size = sum(path.stat().st_size for path in standing.parent.rglob("*") if path.is_file())
    grow(small_disk, f"{size // 1024 + int(room[:-1]) * 1024}k")
    warehouse = small_disk / standing.name
    shutil.move(standing, warehouse)
    shutil.move(standing.with_suffix(".received"), small_disk)
    before = facts(warehouse)
    arguments = ["build", "--extracts", few, "--warehouse", warehouse]
    done = process(*arguments)
    assert done.returncode == 1
    assert "The disk of the warehouse is full" in done.stderr
    assert "Traceback" not in done.stderr
    assert facts(warehouse) == before
    assert not list(small_disk.glob(".building-*"))
    grow(small_disk, "512m")
    done = process(*arguments)
    assert done.returncode == 0, done.stderr
    assert facts(warehouse) == before


@pytest.mark.parametrize(
    "cut", [0.5, *(pytest.param(c, marks=pytest.mark.faults) for c in (0.01, 0.1, 0.9, 0.999))]
)
def test_a_gzip_file_that_is_cut_off_refuses_its_delivery(few, standing, tmp_path, cut):
    """Cut off at the sender: the manifest's checksum is the cut file's."""
    extracts = tmp_path / "extracts"
    text = "signal_id;ident;signal;fra_dato;til_dato;kilde\n" + "".join(
        f"S{place};{ident(place)};aap;2017-01-01;;\n" for place in range(5000)
    )
    whole = gzip.compress(text.encode())
    cut_off = whole[: int(len(whole) * cut)]
    folder = extracts / "status" / "2019-06-01"
    deliver_gzip(folder, whole, cut_off)
    before = copy_of(standing.with_suffix(".received"))
    done = run("receive", extracts, "--received", standing.with_suffix(".received"))
    assert done.returncode == 3
    assert "status/2019-06-01/signaler.csv.gz: the compressed file is broken or cut" in done.stderr
    expect_whole(standing.with_suffix(".received"))
    assert before.items() <= copy_of(standing.with_suffix(".received")).items()
    deliver_gzip(folder, whole, whole)
    done = run("build", "--extracts", extracts, "--warehouse", standing)
    assert done.returncode == 0, done.stderr
    received = "select sum(received_rows) from dq_conservation where source = 'status'"
    assert rows(standing, received) == [(5000,)]
    facts(standing)


def deliver_gzip(folder: Path, whole: bytes, content: bytes) -> None:
    """Write a status delivery whose one file is `content`, with the rows that `whole` has."""
    shutil.rmtree(folder, ignore_errors=True)
    deliver(folder.parents[1], "status", folder.name, raw={"signaler.csv.gz": whole})
    (folder / "signaler.csv").unlink()
    (folder / "signaler.csv.gz").write_bytes(content)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"].pop("signaler.csv")
    manifest["files"]["signaler.csv.gz"]["sha256"] = hashlib.sha256(content).hexdigest()
    path.write_text(json.dumps(manifest))


@pytest.mark.faults
@pytest.mark.parametrize("apart", [0, 1, 3, 6])
def test_of_two_builds_at_once_one_is_told_and_neither_spoils_the_other(few, standing, apart):
    before = facts(standing)
    arguments = ["build", "--extracts", few, "--warehouse", standing]
    first = begin(*arguments)
    time.sleep(apart)
    second = begin(*arguments)
    ended = {first.communicate()[1]: first.returncode, second.communicate()[1]: second.returncode}
    assert sorted(ended.values()) == [0, 2], ended
    [told] = [message for message, code in ended.items() if code == 2]
    assert "running already. Wait until it is done and try again." in told
    assert facts(standing) == before
    assert process(*arguments).returncode == 0


def test_two_receipts_at_once_give_one_whole_copy(few, whole, tmp_path):
    received = tmp_path / "received"
    processes = [begin("receive", few, "--received", received) for _ in range(2)]
    messages = [process.communicate()[1] for process in processes]
    assert sorted(process.returncode for process in processes) == [0, 2], messages
    assert copy_of(received) == copy_of(whole[0])


READER = """
import sys, time, duckdb
warehouse, stop = sys.argv[1:]
reads = 0
from pathlib import Path
while not Path(stop).exists():
    with duckdb.connect(warehouse, read_only=True) as connection:
        [(lost, files)] = connection.execute(
            "select count(*) filter (received_rows <> staged_rows + quarantined_rows), count(*) "
            "from quality.dq_conservation"
        ).fetchall()
        [(weeks,)] = connection.execute("select count(*) from fct_measure_weeks").fetchall()
    assert lost == 0 and files > 0 and weeks > 0
    reads += 1
    time.sleep(0.02)
print(reads)
"""


@pytest.mark.faults
@pytest.mark.parametrize("readers", [4, 20])
def test_readers_see_a_whole_warehouse_throughout_rebuilds(few, standing, tmp_path, readers):
    stop = tmp_path / "stop"
    command = [sys.executable, "-c", READER, str(standing), str(stop)]
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(readers)
    ]
    codes = [
        process("build", "--extracts", few, "--warehouse", standing, *as_of).returncode
        for as_of in ([], ["--as-of", "2018-01-31"])
    ]
    stop.touch()
    said = [reader.communicate() for reader in started]
    assert codes == [0, 0]
    assert [error for _, error in said] == [""] * readers
    assert all(int(reads) > 5 for reads, _ in said)


@pytest.mark.parametrize("key", ["another", "broken", "missing"])
def test_the_wrong_key_is_told_and_changes_nothing(few, standing, tmp_path, key):
    wrong = tmp_path / "wrong.key"
    if key != "missing":
        wrong.write_text("ab" * 64 if key == "another" else "no key")
    received = copy_of(standing.with_suffix(".received"))
    before = standing.read_bytes()
    arguments = ["build", "--extracts", few, "--warehouse", standing]
    done = run(*arguments, "--key-file", wrong)
    assert done.returncode == 2
    assert "key" in done.stderr
    assert "Traceback" not in done.stderr
    assert standing.read_bytes() == before
    assert copy_of(standing.with_suffix(".received")) == received
    facts(standing)


@pytest.mark.faults
def test_a_key_changed_in_earnest_gives_the_same_facts_of_other_pseudonyms(few, standing, tmp_path):
    """The documented way: a new key, the received copy rotated, the warehouse built from it."""
    new_key, rotated = tmp_path / "new.key", tmp_path / "rotated.received"
    assert process("key", "new", new_key).returncode == 0
    done = process(
        "key", "rotate", "--received", standing.with_suffix(".received"),
        "--new-key-file", new_key, "--to", rotated,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    warehouse = tmp_path / "rotated.duckdb"
    done = process("build", "--extracts", few, "--warehouse", warehouse, "--key-file", new_key)
    assert done.returncode == 0, done.stderr
    for fact in ("fct_participation", "fct_terminations", "fct_measure_weeks"):
        rest = f"select * exclude (person_key) from {fact}"
        query = f"select count(*), bit_xor(hash(t)) from ({rest}) as t"
        assert rows(warehouse, query) == rows(standing, query)
    keys = "select distinct person_key from fct_participation"
    assert not set(rows(warehouse, keys)) & set(rows(standing, keys))
