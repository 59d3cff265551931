"""No identity number beyond the receipt step: searched for in everything that a run leaves."""

import gzip
import json
import shutil
import threading
import zipfile
from pathlib import Path

import duckdb
import openpyxl
import pytest
from conftest import process, rows, run
from deliveries import deliver, ident

from introstat.errors import UserError
from introstat.identity.scan import numbers_of, scan
from introstat.warehouse.opening import ALIAS, attach_encrypted

ANNE = ident(1)


def test_numbers_are_found_in_every_kind_of_file_and_none_is_named(tmp_path):
    (tmp_path / "log.txt").write_text(f"a {ANNE}, b 123")
    (tmp_path / "log.gz").write_bytes(gzip.compress(f"x{ANNE}".encode()))
    (tmp_path / "spaced.txt").write_text(f"f.nr._{ANNE[:6]} {ANNE[6:]}x")
    (tmp_path / "binary").write_bytes(b"\x00\xff" * 3_000_000 + ANNE.encode() + b"\x00")
    duckdb.sql(f"select ['{ANNE}'] as a").write_parquet(str(tmp_path / "list.parquet"))
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        connection.execute(f"create table t as select {{'a': '{ANNE}'}} as s from range(3000)")
    (tmp_path / "clean.txt").write_text(f"{ANNE}0 and 12345678901 and {ANNE[:-1]}")
    found = scan([tmp_path])
    assert {path.name for path in found} == {
        "log.txt", "log.gz", "binary", "list.parquet", "spaced.txt", "w.duckdb",
    }  # fmt: skip
    assert set(found.values()) == {1}
    # Known numbers are found inside longer runs of digits as well.
    assert len(scan([tmp_path], {ANNE})) == 7
    done = run("scan", tmp_path)
    assert done.returncode == 3
    assert "log.txt: 1 identity numbers" in done.stdout
    assert ANNE not in done.stdout + done.stderr
    assert run("scan", tmp_path / "clean.txt").returncode == 0


def test_a_number_at_the_edge_of_a_block_is_found(tmp_path):
    for before in range((1 << 22) - 12, (1 << 22) + 1):
        (tmp_path / "file").write_bytes(b"x" * before + ANNE.encode())
        assert scan([tmp_path]), before


def test_workbooks_and_zip_files_are_read_member_by_member(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["x", ANNE])
    book.save(tmp_path / "list.xlsx")
    (tmp_path / "inner.gz").write_bytes(gzip.compress(f"x{ANNE}".encode()))
    for name in ("packed.zip", "no_ending"):
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.write(tmp_path / "inner.gz", "folder/inner.gz")
            packed.writestr("folder/empty.txt", "")
    (tmp_path / "inner.gz").unlink()
    assert {path.name for path in scan([tmp_path])} == {"list.xlsx", "packed.zip", "no_ending"}


def write_broken(folder: Path) -> set[str]:
    """Write files that cannot be read to their end, and return their names."""
    folder.mkdir()
    (folder / "cut.gz").write_bytes(gzip.compress(bytes(range(256)) * 4000)[:-500])
    (folder / "no.gz").write_text("x")
    (folder / "no.parquet").write_text("x")
    (folder / "no.duckdb").write_text("x")
    (folder / "no.xlsx").write_text("x")
    duckdb.sql("select 1 as a").write_parquet(str(folder / "table.parquet"))
    with zipfile.ZipFile(folder / "table.zip", "w") as packed:
        packed.write(folder / "table.parquet", "table.parquet")
    (folder / "table.parquet").unlink()
    deep = folder / "deep.zip"
    deep.write_bytes(b"")
    for _ in range(5):
        inner = deep.read_bytes()
        with zipfile.ZipFile(deep, "w") as packed:
            packed.writestr("deep.zip", inner)
    with duckdb.connect() as connection:
        attach_encrypted(connection, folder / "locked.duckdb", "a key of the warehouse")
        connection.execute(f"create table {ALIAS}.t as select 1 as a")
    return {path.name for path in folder.iterdir()}


def test_a_file_that_cannot_be_read_is_named_and_the_scan_goes_on(tmp_path):
    broken = write_broken(tmp_path / "broken")
    assert len(broken) == 8
    with pytest.raises(UserError, match="cannot be read to its end"):
        scan([tmp_path])
    done = run("scan", tmp_path)
    assert done.returncode == 2
    assert {line.split(": ")[1].rsplit("/")[-1] for line in told(done.stderr)} == broken
    assert f"{len(broken)} files could not be read" in done.stderr
    assert "No identity number found." not in done.stdout
    # Its bytes are looked at all the same, and finding a number is the graver thing.
    (tmp_path / "broken" / "no.gz").write_text(f"x {ANNE}")
    (tmp_path / "sound.txt").write_text(ANNE)
    done = run("scan", tmp_path)
    assert done.returncode == 3
    assert done.stdout.count(": 1 identity numbers") == 2
    assert len(told(done.stderr)) == len(broken)


def test_an_extract_that_cannot_be_read_is_named_too(tmp_path):
    broken = write_broken(tmp_path / "broken")
    (tmp_path / "clean.txt").write_text("x")
    done = run("scan", tmp_path / "clean.txt", "--numbers-from", tmp_path / "broken")
    assert done.returncode == 2
    assert len(told(done.stderr)) == len(broken)
    (tmp_path / "broken" / "sound.csv").write_text(ANNE)
    done = run("scan", tmp_path / "clean.txt", "--numbers-from", tmp_path / "broken")
    assert done.returncode == 2
    assert len(told(done.stderr)) == len(broken)


def told(text: str) -> list[str]:
    assert "Traceback" not in text
    return [line for line in text.splitlines() if line.startswith("Unreadable: ")]


@pytest.fixture
def refused_of_every_kind(few: Path, tmp_path: Path) -> Path:
    """Extracts of few persons, and deliveries of real-looking persons that must be refused."""
    extracts = tmp_path / "extracts"
    shutil.copytree(few, extracts)
    header = "bosatt_id;ident;kommunenr;fra_dato;til_dato\n"
    row = f"A;{ANNE};0301;2015-01-01;\n"
    spoiled = {
        "2019-02-01": f"{row}{row}",  # the header is missing
        "2019-02-02": f"{header}{row}A;{ANNE}\n",
        "2019-02-03": f'{header}A;"{ANNE};0301;2015-01-01;\n',
        "2019-02-04": f"{header}{row}".replace("0301", "\udce5"),
        "2019-02-05": f"bosatt_id;ident;kommunenr;fra_dato;ident\n{row}",
    }
    for delivered, text in spoiled.items():
        content = text.encode(errors="surrogateescape")
        deliver(extracts, "folkeregister", delivered, raw={"bosatt.csv": content})
    manifest = {"files": {ANNE: {"rows": 1, "sha256": ANNE}}, "encoding": f"of {ANNE}"}
    deliver(extracts, "folkeregister", "2019-02-06", manifest={"encoding": f"of {ANNE}"})
    deliver(extracts, "folkeregister", "2019-02-07", manifest={"files": manifest["files"]})
    line = json.dumps({"inntektsmottaker": {"personidentifikator": ANNE}})
    broken = f"{line[:-2]}\n{line}\n".encode()
    deliver(extracts, "aordningen", "2019-02-08", raw={"inntekt-2019-01.jsonl": broken})
    deliver(extracts, "folkeregister", f"2019-02-09-{ANNE}")
    unlisted = deliver(extracts, "folkeregister", "2019-02-10")
    (unlisted / f"{ANNE}.txt").write_text(ANNE)
    return extracts


def test_nothing_that_a_run_leaves_or_says_holds_a_number(refused_of_every_kind, tmp_path):
    """Warehouse, received copy, pages and temporary files, also while it runs."""
    extracts, home = refused_of_every_kind, tmp_path / "home"
    temporary, warehouse, copy = home / "tmp", home / "w.duckdb", home / "w.received"
    temporary.mkdir(parents=True)
    numbers = numbers_of(extracts)
    assert len(numbers) > 100
    assert ANNE in numbers
    seen: dict[Path, int] = {}
    ended = threading.Event()

    def gone_or_half_written(file: Path, advice: str) -> None:
        """Files come and go here; what could be read of them counts."""

    def watch() -> None:
        """Read whatever text or table there is for a moment only, again when it has changed."""
        read: dict[Path, tuple[int, int, int]] = {}
        while not ended.wait(0.2):
            for path in [*temporary.rglob("*"), *home.glob("*.received/.incoming-*/**/*")]:
                try:
                    about = path.stat()
                except OSError:
                    continue
                state = (about.st_ino, about.st_size, about.st_mtime_ns)
                # A folder's files are found by themselves.
                if path.is_file() and read.get(path) != state:
                    read[path] = state
                    seen.update(scan([path], numbers, unreadable=gone_or_half_written))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        environment = {"TMPDIR": str(temporary)}
        received = process("receive", extracts, "--received", copy, **environment)
    finally:
        ended.set()
        watcher.join()
    built = run("build", "--extracts", extracts, "--warehouse", warehouse)
    listed = run("deliveries", "--received", copy)
    assert received.returncode == built.returncode == 3
    assert received.stderr.count("Refused: ") == 9
    assert seen == {}
    assert scan([home], numbers) == {}
    assert rows(warehouse, "select count(*) > 30 from fct_participation") == [(True,)]
    said = home / "said.txt"
    said.write_text("\n".join(done.stdout + done.stderr for done in (received, built, listed)))
    assert scan([said], numbers) == {}
