"""Hostile deliveries: whatever comes, no traceback, nothing outside the folder, memory bounded.

`make test-fuzz` tries thousands of spoiled files where `make test` tries some.
"""

import gzip
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from conftest import KEY, ROOT
from deliveries import HEADERS, benefit, deliver, ident, income, wage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from introstat.errors import UserError
from introstat.identity.pseudonyms import Pseudonymiser
from introstat.identity.scan import scan
from introstat.receipt.receive import Outcome, receive

ANNE, BAKO = ident(1), ident(2)
FORM = (
    f"03011500000000{'1234'}{ANNE}{'201501234567'}11010115101{'00' * 10}06000000{'01' * 12}0150000"
)
SOUND = {
    "folkeregister/2018-01-21/bosatt.csv": HEADERS["bosatt.csv"]
    + f'\nA;{ANNE};0301;2015-01-01;\n"B;\n""x""";{BAKO};0301;2015-01-01;2016-01-01\n',
    "aordningen/2018-02-10/inntekt-2018-01.jsonl": "".join(
        income(person, "2018-01", benefit(15429), wage("-1,5")) + "\n" for person in (ANNE, BAKO)
    ),
    "kostra/2016-02-20/11b-2015.dat": f"{FORM:<111.111}\n" * 2,
}


def receive_hostile(write: Callable[[Path], object]) -> Outcome | UserError:
    """Receive what `write` puts into a folder, and see that nothing else in the world changed."""
    with tempfile.TemporaryDirectory() as name:
        extracts, received = Path(name) / "in" / "extracts", Path(name) / "in" / "received"
        extracts.mkdir(parents=True)
        (Path(name) / "beside").write_text("untouched")
        write(extracts)
        before = {path: path.lstat().st_mtime_ns for path in Path(name).rglob("*")}
        try:
            outcome: Outcome | UserError = receive(extracts, received, Pseudonymiser(KEY))
            said = [*outcome.refused, *outcome.remarks]
        except UserError as error:
            outcome = error
            said = [error.message]
        after = {path: path.lstat().st_mtime_ns for path in Path(name).rglob("*")}
        outside = {path for path in after if received not in path.parents and path != received}
        assert outside == set(before)
        assert all(after[path] == before[path] for path in outside if path != received.parent)
        for message in said:
            assert message.isprintable(), "one line, and nothing that a terminal obeys"
            assert ANNE not in message
            assert BAKO not in message
            assert len(message) < 2000
        if received.exists():
            assert scan([received], {ANNE, BAKO}) == {}
            assert not list(received.glob(".incoming-*"))
        for receipt in received.glob("*/*/receipt.json"):
            for file in json.loads(receipt.read_text())["files"]:
                path = receipt.with_name(f"{file['dataset']}.parquet")
                rows = duckdb.sql(f"select count(*) from read_parquet('{path}')").fetchall()
                assert rows == [(file["received_rows"],)]
        return outcome


def told(write: Callable[[Path], object]) -> str:
    """What is said of a delivery that must be refused."""
    outcome = receive_hostile(write)
    if isinstance(outcome, UserError):
        return outcome.message
    assert outcome.received == []
    return outcome.refused[0]


def as_file(file: str, content: bytes, rows: int | None = None) -> Callable[[Path], None]:
    """Write a delivery whose one interesting file holds these bytes, with a manifest that fits."""

    def write(extracts: Path) -> None:
        source, delivered, name = file.split("/")
        folder = deliver(extracts, source, delivered)
        (folder / name).write_bytes(content)
        manifest = json.loads((folder / "manifest.json").read_text())
        stem = name.split(".")[0]
        for other in [other for other in manifest["files"] if other.split(".")[0] == stem]:
            del manifest["files"][other]
            if other != name:
                (folder / other).unlink()
        checksum = hashlib.sha256(content).hexdigest()
        manifest["files"][name] = {"rows": 2 if rows is None else rows, "sha256": checksum}
        (folder / "manifest.json").write_text(json.dumps(manifest))

    return write


def test_what_is_spoiled_below_is_sound():
    for file, text in SOUND.items():
        outcome = receive_hostile(as_file(file, text.encode()))
        assert isinstance(outcome, Outcome)
        assert outcome.refused == [], file


# Bytes that mean something to one format or another.
PIECES = [
    b"\x00", b"\xff", b"\xe5", b"\xc3\xa5", b"\xef\xbb\xbf", b"\xfe\xff", b"\x1f", b"\x1a", b"\r",
    b"\n", b"\r\n", b'"', b'""', b";", b"\\", b"\\u0000", b"\\ud800", b"{", b"}", b"[", b"]", b":",
    b",", b"null", b"1e999", b"-", b"=1+1", b"@SUM(A1)", b"'", b"--", b"../", b"%s", b"{0}",
    "\u202e".encode(), "\u00a0".encode(), "\U0001f600".encode(), ANNE.encode(), BAKO.encode(),
    ANNE[:6].encode() + b" " + ANNE[6:].encode(), b"\\u003" + ANNE[:1].encode() + ANNE[1:].encode(),
    b"9" * 30, b"x" * 70_000, b"[]", b"{}", b"true", b"[null]", b"1e4", b'"a":1,"a":2',
    ANNE[1:].encode(), "−".encode(), b"301",
    b'"inntekt":', b'"personidentifikator":"' + ANNE.encode() + b'"',
]  # fmt: skip


@st.composite
def spoiled(draw: st.DrawFn, content: bytes) -> bytes:
    """The content with a few pieces put in, taken out, or written twice."""
    for _ in range(draw(st.integers(1, 4))):
        at, upto = sorted(draw(st.tuples(*[st.integers(0, len(content))] * 2)))
        how = draw(st.sampled_from(["insert", "replace", "remove", "double", "cut"]))
        piece = draw(st.one_of(st.sampled_from(PIECES), st.binary(max_size=8)))
        match how:
            case "insert":
                content = content[:at] + piece + content[at:]
            case "replace":
                content = content[:at] + piece + content[at + len(piece) :]
            case "remove":
                content = content[:at] + content[upto:]
            case "double":
                content = content[:upto] + content[at:upto] + content[upto:]
            case "cut":
                content = content[:upto]
    return content


few = settings(
    max_examples=settings().max_examples // 10,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("file", SOUND)
@few
@given(data=st.data())
def test_a_spoiled_file_is_received_or_refused_and_nothing_else(file, data):
    content = data.draw(spoiled(SOUND[file].encode()))
    rows = data.draw(st.sampled_from([2, max(content.count(b"\n") - 1, 0), 1, 3]))
    encoded = data.draw(st.sampled_from(["plain", "gzip", "spoiled gzip", "parquet"]))
    name = file
    if encoded == "parquet" and file.endswith(".csv"):
        name, content = f"{file[:-4]}.parquet", data.draw(spoiled(parquet()))
    elif encoded.endswith("gzip"):
        content, name = gzip.compress(content, mtime=0), f"{file}.gz"
        if encoded.startswith("spoiled"):
            content = data.draw(spoiled(content))
    receive_hostile(as_file(name, content, rows))


def parquet() -> bytes:
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        row = f"select 'A' as bosatt_id, '{ANNE}' as ident, '0301' as kommunenr, '2015' as fra_dato"
        duckdb.sql(f"{row} union all {row}").write_parquet(file.name)
        return Path(file.name).read_bytes()


def test_parquet_whose_pages_are_broken_is_refused():
    """Its description, at the end of the file, is whole."""
    for content in (b"\x00" + parquet(), parquet().replace(b"0301", b"\xff\xff\xff\xff")):
        assert "bosatt.parquet" in told(as_file("folkeregister/2018-01-21/bosatt.parquet", content))


json_values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
        st.sampled_from([ANNE, "../x", "utf-8", "folkeregister", "2018-01-21", "0" * 64, 10**400]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=6,
)  # fmt: skip
names = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["bosatt.csv", "identer.csv", "../bosatt.csv", "/etc/passwd", "bosatt.csv\x00", ".", "..",
         "", "bosatt.csv/", "\ud800.csv", "x" * 5000, f"{ANNE}.csv", "bosatt.csv\n\x1b[31m",
         "bosatt"]
    ),
)  # fmt: skip


@few
@given(data=st.data())
def test_a_spoiled_manifest_refuses_its_delivery_or_is_none(data):
    def write(extracts: Path) -> None:
        folder = deliver(extracts, "folkeregister", "2018-01-21")
        path = folder / "manifest.json"
        manifest = json.loads(path.read_text())
        for _ in range(data.draw(st.integers(1, 3))):
            key = data.draw(st.sampled_from([*manifest, "more"]))
            manifest[key] = data.draw(json_values)
        if isinstance(manifest["files"], dict) and data.draw(st.booleans()):
            manifest["files"][data.draw(names)] = data.draw(json_values)
        text = json.dumps(manifest).encode()
        path.write_bytes(data.draw(spoiled(text)) if data.draw(st.booleans()) else text)

    receive_hostile(write)


def test_names_lead_nowhere():
    for name in ("../../beside", "/etc/passwd", "bosatt.csv\x00", "\ud800.csv", "x" * 5000, "a\nb"):

        def write(extracts: Path, name: str = name) -> None:
            folder = deliver(extracts, "folkeregister", "2018-01-21")
            manifest = json.loads((folder / "manifest.json").read_text())
            manifest["files"][name] = {"rows": 0, "sha256": "0" * 64}
            (folder / "manifest.json").write_text(json.dumps(manifest))

        assert "refused" in told(write)


def test_links_and_pipes_are_not_followed():
    def link(extracts: Path) -> None:
        folder = deliver(extracts, "folkeregister", "2018-01-21")
        target = extracts.parents[1] / "beside"
        (folder / "bosatt.csv").unlink()
        (folder / "bosatt.csv").symlink_to(target)

    def pipe(extracts: Path, name: str) -> None:
        folder = deliver(extracts, "folkeregister", "2018-01-21")
        (folder / name).unlink()
        os.mkfifo(folder / name)

    assert "not in the folder" in told(link)
    assert "not in the folder" in told(lambda extracts: pipe(extracts, "bosatt.csv"))
    assert "there is no such file" in told(lambda extracts: pipe(extracts, "manifest.json"))


@pytest.mark.parametrize("depth", [1_000, 400_000])
def test_deep_json_is_read_or_refused(depth):
    deep = '{"a":' * depth + "1" + "}" * depth
    line = income(ANNE, "2018-01", benefit(1)).replace("{", f'{{"x": {deep}, ', 1)
    receive_hostile(as_file("aordningen/2018-02-10/inntekt-2018-01.jsonl", line.encode(), 1))

    def manifest(extracts: Path) -> None:
        folder = deliver(extracts, "folkeregister", "2018-01-21")
        (folder / "manifest.json").write_text(deep)

    assert "manifest.json" in told(manifest)


def test_a_number_spelled_with_escapes_or_blanks_is_sealed(tmp_path):
    """`\\u003N` in JSON is the digit N; people write the date apart. The scan of both is empty."""
    escaped = "".join(f"\\u003{digit}" for digit in ANNE)
    line = income(BAKO, "2018-01", benefit(1)).replace(
        "{", f'{{"merknad": "{escaped} \\\\u0030 {BAKO[:6]} {BAKO[6:]}", ', 1
    )
    path = "aordningen/2018-02-10/inntekt-2018-01.jsonl"
    as_file(path, f"{line}\n".encode(), 1)(tmp_path / "in")
    assert receive(tmp_path / "in", tmp_path / "received", Pseudonymiser(KEY)).refused == []
    [(kept,)] = duckdb.sql(
        f"select line_content from read_parquet('{tmp_path}/received/*/*/inntekt*.parquet')"
    ).fetchall()
    anne, bako = (Pseudonymiser(KEY).pseudonym(number) for number in (ANNE, BAKO))
    assert json.loads(kept)["merknad"] == f"{anne} \\u0030 {bako}"


@pytest.mark.parametrize(
    "spelled",
    [
        pytest.param(f"{ANNE[:6]}\\t{ANNE[6:]}", id="a tab"),
        pytest.param(f"{ANNE[:6]}\\u0009{ANNE[6:]}", id="a tab by its number"),
        pytest.param(f"{ANNE[:6]}\\u00A0{ANNE[6:]}", id="a blank that may not break"),
        pytest.param("".join(f"\\uff1{digit}" for digit in ANNE), id="wide digits"),
    ],
)
def test_a_number_that_json_spells_is_sealed(tmp_path, spelled):
    line = income(BAKO, "2018-01", benefit(1)).replace("{", f'{{"merknad": "{spelled}", ', 1)
    as_file("aordningen/2018-02-10/inntekt-2018-01.jsonl", f"{line}\n".encode(), 1)(tmp_path / "in")
    assert receive(tmp_path / "in", tmp_path / "received", Pseudonymiser(KEY)).refused == []
    [(kept,)] = duckdb.sql(
        f"select line_content from read_parquet('{tmp_path}/received/*/*/inntekt*.parquet')"
    ).fetchall()
    assert json.loads(kept)["merknad"] == Pseudonymiser(KEY).pseudonym(ANNE)


@pytest.mark.parametrize(
    ("branch", "kept"),
    [
        pytest.param(f'{{"fnr": {int(ANNE)}}}', {"fnr": "…"}, id="a number that lost its zero"),
        pytest.param(f"[{int(ANNE)}.0, {int(ident(15))}]", ["…", "…"], id="numbers in a list"),
        pytest.param("1700000000000", "…", id="a moment in milliseconds"),
        pytest.param("0.30000000000000004", 0.3, id="a decimal that is kept in twos"),
        pytest.param("4712345678", 4712345678, id="ten digits that are no number"),
    ],
)
def test_a_number_that_is_a_number_in_json_is_sealed_and_its_line_read(tmp_path, branch, kept):
    """What is put in its place is a text: left without quotes the line would be no JSON."""
    line = income(BAKO, "2018-01", benefit(1)).replace("{", f'{{"merknad": {branch}, ', 1)
    as_file("aordningen/2018-02-10/inntekt-2018-01.jsonl", f"{line}\n".encode(), 1)(tmp_path / "in")
    assert receive(tmp_path / "in", tmp_path / "received", Pseudonymiser(KEY)).refused == []
    [(content, unreadable, lines)] = duckdb.sql(
        "select line_content, unreadable, len(inntekt) from "
        f"read_parquet('{tmp_path}/received/*/*/inntekt*.parquet')"
    ).fetchall()
    assert (unreadable, lines) == (None, 1)
    found = json.loads(re.sub("[a-p]{34,}", "…", content))["merknad"]
    assert found == kept
    assert str(int(ANNE)) not in content


def test_a_number_written_apart_by_a_tab_in_an_unknown_column_is_sealed(tmp_path):
    """Unknown columns are packed as JSON, which spells the tab."""
    content = f"{HEADERS['signaler.csv']};ny\nS;{BAKO};aap;2017-01-01;;x;{ANNE[:6]}\t{ANNE[6:]}\n"
    as_file("status/2018-01-21/signaler.csv", content.encode(), 1)(tmp_path / "in")
    assert receive(tmp_path / "in", tmp_path / "received", Pseudonymiser(KEY)).refused == []
    kept = duckdb.sql(
        f"select extra_columns from read_parquet('{tmp_path}/received/*/*/signaler.parquet')"
    )
    assert kept.fetchall() == [(f'{{"ny":"{Pseudonymiser(KEY).pseudonym(ANNE)}"}}',)]


def test_formulas_are_kept_as_the_text_they_are(tmp_path):
    """The received copy changes nothing; who writes a workbook from it must write text."""
    header, formula = HEADERS["signaler.csv"], "=HYPERLINK(\"http://x\",'y')"
    quoted = formula.replace('"', '""')
    content = f'{header}\nS;{ANNE};aap;2017-01-01;;"{quoted}"\n'
    as_file("status/2018-01-21/signaler.csv", content.encode(), 1)(tmp_path / "in")
    assert receive(tmp_path / "in", tmp_path / "received", Pseudonymiser(KEY)).refused == []
    kept = duckdb.sql(f"select kilde from read_parquet('{tmp_path}/received/*/*/signaler.parquet')")
    assert kept.fetchall() == [(formula,)]


BOUNDED = """
import sys
from pathlib import Path
sys.path.insert(0, "tests/python")
from test_hostile import KEY, told, as_file
from test_hostile import BOMBS
print(told(as_file(*BOMBS[sys.argv[1]]())))
# getrusage would tell the peak of the process that started this one, if that was higher.
[peak] = [line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line]
print(int(peak.split()[1]) // 1024)
"""
_HEADER = HEADERS["bosatt.csv"].encode() + b"\n"
_FILE = "folkeregister/2018-01-21/bosatt.csv"
BOMBS = {
    "lines": lambda: (f"{_FILE}.gz", gzip.compress(_HEADER + b"\n" * 300_000_000)),
    "field": lambda: (_FILE, _HEADER + b"x" * 200_000_000 + b";;;;\n"),
    "quoted": lambda: (_FILE, _HEADER + b'"' + b"\n" * 100_000_000),
    "columns": lambda: (_FILE, b";".join(b"c%d" % place for place in range(100_000)) + _HEADER),
    "json": lambda: (
        "aordningen/2018-02-10/inntekt-2018-01.jsonl",
        b"[" * 15_000_000 + b"]" * 15_000_000,
    ),
}


def packed_rows(rows: int, value: str) -> bytes:
    """A Parquet file of one value many times: a dictionary of one, and runs of its place."""
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        names = HEADERS["bosatt.csv"].split(";")
        selected = ", ".join(f"'{value}' as {name}" for name in names)
        duckdb.sql(f"select {selected} from range({rows})").write_parquet(file.name)
        return Path(file.name).read_bytes()


MANY = [2_000_000, pytest.param(20_000_000, marks=pytest.mark.slow)]


@pytest.mark.parametrize("rows", MANY)
@pytest.mark.parametrize("says_so", [False, True])
def test_a_parquet_bomb_refuses_its_delivery_only(monkeypatch, rows, says_so):
    monkeypatch.setenv("INTROSTAT_MEMORY", "1GB")
    content = packed_rows(rows, "a" * 12)
    assert len(content) < 4_000_000
    said = rows if says_so else 2

    def write(extracts: Path) -> None:
        as_file("folkeregister/2018-01-21/bosatt.parquet", content, said)(extracts)
        deliver(extracts, "status", "2018-01-21")

    outcome = receive_hostile(write)
    assert isinstance(outcome, Outcome)
    assert outcome.received == ["status/2018-01-21"]
    [refused] = outcome.refused
    assert ("unpacks to more than 200 times" if says_so else "the manifest says 2") in refused


@pytest.mark.parametrize("rows", [2_000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_a_parquet_bomb_of_long_texts_refuses_its_delivery(rows):
    content = packed_rows(rows, "x" * 100_000)
    path = "folkeregister/2018-01-21/bosatt.parquet"
    assert "unpacks to more than 200 times" in told(as_file(path, content, rows))


SLOW_BOMBS = ("field", "columns", "json")


@pytest.mark.parametrize(
    "bomb",
    [pytest.param(bomb, marks=[pytest.mark.slow] * (bomb in SLOW_BOMBS)) for bomb in BOMBS],
)
def test_memory_is_bounded(bomb):
    """No more than the memory that DuckDB is given, the file itself, and a process's own."""
    size = len(BOMBS[bomb]()[1]) // 2**20
    done = subprocess.run(
        [sys.executable, "-c", BOUNDED, bomb],
        cwd=ROOT, env=os.environ | {"INTROSTAT_MEMORY": "500MB"},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    message, peak = done.stdout.strip().rsplit("\n", 1)
    assert "refused" in message or "could not be received" in message
    own = 700  # Python with DuckDB, and the library of the reception check
    assert int(peak) < 500 + own + 4 * size
