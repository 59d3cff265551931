"""The facts on other engines are DuckDB's, row by row (`make test-engines`)."""

from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from oracle.dirt import dirty

from benchmarks import postgres
from benchmarks.agreement import FACTS, compare
from introstat.errors import UserError
from introstat.receipt.receive import receive
from introstat.synth.generate import generate

pytestmark = pytest.mark.engines

BASES = ("base_nir__tiltak", "base_nir__personer", "base_aordningen__inntekt")
QUARANTINED = {
    "duplicate_row",
    "missing_required",
    "unparseable_value",
    "end_before_start",
    "invalid_ident",
    "orphan",
    "superseded_key",
}


@pytest.fixture(scope="module")
def received(pseudonymiser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Deliveries with hard cases and faults of every kind: what engines could read differently."""
    folder = tmp_path_factory.mktemp("engines")
    generate(folder / "clean", 300, 2017, 2016, 2017)
    dirty(folder / "clean", folder / "extracts", 2017)
    receive(folder / "extracts", folder / "received", pseudonymiser)
    return folder / "received"


def test_postgresql_builds_the_same_facts(received, tmp_path):
    ours, theirs = tmp_path / "duckdb", tmp_path / "postgres"
    ours.mkdir()
    theirs.mkdir()
    postgres.facts_on_duckdb(received, ours, 1)
    seconds = postgres.facts_on_postgres(received, theirs, 1)
    warehouse = ours / "introstat.duckdb"
    assert compare(warehouse, theirs, list(FACTS)) == []
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        reasons = {
            reason
            for table in BASES
            for (reason,) in connection.execute(f"select distinct reason from {table}").fetchall()
        }
    assert reasons >= QUARANTINED, "the deliveries are too clean to tell the engines apart"
    assert {*FACTS, postgres.TOTAL} <= seconds.keys()
    assert seconds[postgres.TOTAL] >= max(seconds[fact] for fact in FACTS)


def test_a_machine_without_postgresql_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(postgres, "OLDEST_VERSION", 99)
    with (
        pytest.raises(UserError, match=r"PostgreSQL 99 or newer is not installed.*postgresql-99"),
        postgres.running_server(1),
    ):
        pass


def test_the_server_leaves_nothing_behind():
    with postgres.running_server(1) as server, closing(server.connect()) as connection:
        with connection.cursor() as cursor:
            cursor.execute("show server_version_num")
            (version,) = cursor.fetchone()
        assert int(version) >= postgres.OLDEST_VERSION * 10_000
    assert not server.folder.exists()
