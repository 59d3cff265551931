"""Keys: changing the key of what was received, and a warehouse encrypted at rest."""

import json
from pathlib import Path

import duckdb
import pytest
from conftest import KEY, Done, dbt, rows, run
from deliveries import benefit, deliver, ident, income

from introstat.errors import UserError
from introstat.identity.pseudonyms import Pseudonymiser
from introstat.receipt.receive import receive
from introstat.receipt.rotate import rotate
from introstat.warehouse.opening import KEY_FILE_VARIABLE, open_warehouse

ANNE, BAKO = ident(1), ident(2)
NEW_KEY = bytes(range(64, 128))
WAREHOUSE_KEY = "a key of the warehouse in this test"


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("journal.jsonl", ".lock")
    }


@pytest.fixture
def extracts(tmp_path: Path) -> Path:
    """Numbers in their columns, in texts alone, twice, and right beside letters of pseudonyms."""
    extracts = tmp_path / "extracts"
    grounds = [f"se {BAKO}", f"{ANNE} og {BAKO}", f"bad{ANNE}gap", f"{ANNE}{BAKO}", "ingen"]
    deliver(
        extracts, "nir", "2018-01-21",
        {
            "personer.csv": [
                f"{number};201501234567;2;1990-01-01;SY;SY;flyktning;2015-01-01;;;0;0301;;;0;2015-02-01"
                for number in (ANNE, BAKO, "1", "x y")
            ],
            "vedtak.csv": [
                f"V{place};{ANNE};0301;tildeling;2015-01-01;;;{text};2015-02-01"
                for place, text in enumerate(grounds)
            ],
        },
    )  # fmt: skip
    deliver(
        extracts, "aordningen", "2018-02-10",
        {
            "inntekt-2018-01.jsonl": [
                income(ANNE, "2018-01", benefit(15429)),
                income(BAKO, "2018-01", benefit(f"for {ANNE}")),
            ]
        },
    )  # fmt: skip
    return extracts


def test_rotation_gives_what_receipt_with_the_new_key_would_have(extracts, tmp_path):
    old, new = Pseudonymiser(KEY), Pseudonymiser(NEW_KEY)
    receive(extracts, tmp_path / "old", old)
    receive(extracts, tmp_path / "anew", new)
    before = contents(tmp_path / "old")
    assert rotate(tmp_path / "old", tmp_path / "rotated", old, new) == 2
    assert contents(tmp_path / "rotated") == contents(tmp_path / "anew")
    assert contents(tmp_path / "old") == before
    assert receive(extracts, tmp_path / "rotated", new).known == [
        "nir/2018-01-21",
        "aordningen/2018-02-10",
    ]


def test_a_long_file_of_income_lines_is_rotated_to_the_same_bytes(tmp_path):
    """It is written in several groups of rows."""
    lines = [income(ident(1 + place % 500), "2018-01", benefit(place)) for place in range(62_000)]
    deliver(tmp_path / "extracts", "aordningen", "2018-02-10", {"inntekt-2018-01.jsonl": lines})
    old, new = Pseudonymiser(KEY), Pseudonymiser(NEW_KEY)
    receive(tmp_path / "extracts", tmp_path / "old", old)
    receive(tmp_path / "extracts", tmp_path / "anew", new)
    rotate(tmp_path / "old", tmp_path / "rotated", old, new)
    assert contents(tmp_path / "rotated") == contents(tmp_path / "anew")
    [path] = (tmp_path / "anew/aordningen/2018-02-10").glob("*.parquet")
    groups = f"select count(distinct row_group_id) from parquet_metadata('{path}')"
    assert duckdb.sql(groups).fetchall() == [(2,)]


def test_rotation_with_the_wrong_key_writes_nothing(extracts, tmp_path):
    old, new = Pseudonymiser(KEY), Pseudonymiser(NEW_KEY)
    receive(extracts, tmp_path / "old", old)
    with pytest.raises(UserError, match="not the one that"):
        rotate(tmp_path / "old", tmp_path / "rotated", new, old)
    # A receipt that says this key, over pseudonyms of another one.
    receipt = tmp_path / "old" / "nir" / "2018-01-21" / "receipt.json"
    for path in (receipt, tmp_path / "old" / "aordningen" / "2018-02-10" / "receipt.json"):
        content = json.loads(path.read_text())
        path.write_text(json.dumps(content | {"key_fingerprint": new.fingerprint}))
    with pytest.raises(UserError, match="a pseudonym that the old key did not make"):
        rotate(tmp_path / "old", tmp_path / "rotated", new, old)
    assert {path.name for path in tmp_path.iterdir()} == {"extracts", "old"}


def test_a_copy_that_fails_while_rotating_is_one_line_that_says_why(extracts, tmp_path):
    keys = [tmp_path / "one.key", tmp_path / "two.key"]
    for key in keys:
        run("key", "new", key)
    received = tmp_path / "received"
    run("receive", extracts, "--received", received, "--key-file", keys[0])
    (received / "nir" / "2018-01-21" / "gone").symlink_to(tmp_path / "nowhere")
    arguments = ["--received", received, "--to", tmp_path / "rotated"]
    done = run("key", "rotate", *arguments, "--key-file", keys[0], "--new-key-file", keys[1])
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert "2018-01-21/gone: not copied: [Errno 2] No such file or directory" in line
    assert not (tmp_path / "rotated").exists()


def test_the_key_commands_work_together(extracts, tmp_path):
    keys = [tmp_path / "one.key", tmp_path / "two.key"]
    for key in keys:
        assert run("key", "new", key).returncode == 0
        assert key.stat().st_mode & 0o777 == 0o600
    again = run("key", "new", keys[0])
    assert again.returncode == 2
    assert "is there already" in again.stderr
    received, rotated = tmp_path / "received", tmp_path / "rotated"
    done = run("receive", extracts, "--received", received, "--key-file", keys[0])
    assert done.returncode == 0, done.stderr
    arguments = ["key", "rotate", "--received", received, "--to", rotated]
    same = run(*arguments, "--key-file", keys[0], "--new-key-file", keys[0])
    assert (same.returncode, rotated.exists()) == (2, False)
    done = run(*arguments, "--key-file", keys[0], "--new-key-file", keys[1])
    assert done.returncode == 0, done.stderr
    assert "Wrote 2 deliveries" in done.stderr
    assert run(*arguments, "--key-file", keys[0], "--new-key-file", keys[1]).returncode == 2
    known = run("receive", extracts, "--received", rotated, "--key-file", keys[1])
    assert "2 known before" in known.stderr
    refused = run("receive", extracts, "--received", rotated, "--key-file", keys[0])
    assert refused.returncode == 2
    assert "The pseudonym key is not the one" in refused.stderr


@pytest.fixture(scope="module")
def warehouse_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("key") / "warehouse.key"
    path.write_text(f"{WAREHOUSE_KEY}\n")
    return path


@pytest.fixture(scope="module")
def encrypted(
    few_warehouse: Path, warehouse_key: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The warehouse's marts as plain dbt builds them when a key is named."""
    folder = tmp_path_factory.mktemp("encrypted")
    warehouse = folder / "introstat.duckdb"
    done = dbt(
        "build", "-s", "+fct_participation +fct_measure_weeks",
        "--exclude-resource-type", "test unit_test",
        "--target-path", folder / "target", "--log-path", folder / "logs",
        INTROSTAT_WAREHOUSE=str(warehouse),
        INTROSTAT_RECEIVED=str(few_warehouse.with_suffix(".received")),
        INTROSTAT_WAREHOUSE_KEY_FILE=str(warehouse_key),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return warehouse


def test_an_encrypted_warehouse_holds_the_same_and_opens_with_its_key_only(
    encrypted, few_warehouse, warehouse_key, monkeypatch
):
    with pytest.raises(duckdb.Error, match="encrypted"):
        duckdb.connect(str(encrypted), read_only=True)
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(warehouse_key))
    with open_warehouse(encrypted) as connection:
        tables = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables "
            "where table_catalog = 'warehouse' order by 1"
        ).fetchall()
        assert len(tables) > 25
        queries = [
            f"select '{table}', count(*), bit_xor(hash(t)) from {table} as t" for (table,) in tables
        ]
        contents = [connection.execute(query).fetchall() for query in queries]
    monkeypatch.delenv(KEY_FILE_VARIABLE)
    assert contents == [rows(few_warehouse, query) for query in queries]
    for text in (b"fct_participation", b"norskopplaring", b"flyktning"):
        assert text not in encrypted.read_bytes()
        assert text in few_warehouse.read_bytes()


def test_the_warehouse_key_is_in_no_file_and_no_output(encrypted, warehouse_key):
    files = [path for path in encrypted.parent.rglob("*") if path.is_file()]
    assert any(path.name == "manifest.json" for path in files)
    assert any(path.name == "dbt.log" for path in files)
    for path in files:
        assert WAREHOUSE_KEY.encode() not in path.read_bytes(), path.name
    shown = dbt(
        "debug", "--log-path", encrypted.parent / "logs",
        INTROSTAT_WAREHOUSE=str(encrypted), INTROSTAT_WAREHOUSE_KEY_FILE=str(warehouse_key),
    )  # fmt: skip
    assert shown.returncode == 0, shown.stdout
    assert "Connection test: [OK" in shown.stdout
    assert WAREHOUSE_KEY not in shown.stdout


def summary(warehouse: Path, key: Path | None) -> Done:
    named = {KEY_FILE_VARIABLE: str(key)} if key else {}
    return run("summary", "--warehouse", warehouse, **named)


def test_commands_open_an_encrypted_warehouse_or_say_what_is_missing(
    extracts, warehouse_key, tmp_path
):
    encrypted = tmp_path / "w.duckdb"
    named = {KEY_FILE_VARIABLE: str(warehouse_key)}
    done = run("build", "--extracts", extracts, "--warehouse", encrypted, **named)
    assert done.returncode == 0, done.stderr
    assert "Participants" in summary(encrypted, warehouse_key).stdout
    other = tmp_path / "other.key"
    other.write_text("another key, long enough")
    for key in (None, other):
        done = summary(encrypted, key)
        assert done.returncode == 2
        assert "encrypted with another key" in done.stderr
    other.write_text("short")
    assert "is shorter than 16 characters" in summary(encrypted, other).stderr
    assert "cannot be read (FileNotFoundError)" in summary(encrypted, tmp_path / "none").stderr


def test_build_and_diff_work_encrypted(extracts, warehouse_key, tmp_path):
    named = {KEY_FILE_VARIABLE: str(warehouse_key)}
    warehouse = tmp_path / "it's.duckdb"
    done = run("build", "--extracts", extracts, "--warehouse", warehouse, **named)
    assert done.returncode == 0, done.stderr
    with pytest.raises(duckdb.Error, match="encrypted"):
        duckdb.connect(str(warehouse), read_only=True)
    done = run(
        "diff", "--from", "2018-01-21", "--to", "2018-02-10",
        "--received", tmp_path / "it's.received", **named,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "fct_benefit_months" in done.stdout
    before = warehouse.read_bytes()
    done = run("build", "--extracts", extracts, "--warehouse", warehouse)
    assert done.returncode == 2, "an encrypted file is not replaced by a plain one"
    assert "Name its key" in done.stderr
    assert warehouse.read_bytes() == before
    short = tmp_path / "short.key"
    short.write_text("short")
    done = run(
        "build", "--extracts", extracts, "--warehouse", tmp_path / "new.duckdb",
        **{KEY_FILE_VARIABLE: str(short)},
    )  # fmt: skip
    assert done.returncode == 2
    assert not (tmp_path / "new.duckdb").exists()
