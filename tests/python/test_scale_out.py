"""Spark's facts are held against DuckDB's. Spark itself runs in `make scale-out-small`."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from introstat.errors import BuildFailed
from introstat.progress import silent
from introstat.warehouse.opening import open_warehouse
from scale_out.__main__ import build_on_spark, export

ROOT = Path(__file__).resolve().parents[2]
FACT = "fct_participation"


@pytest.fixture
def tables(generated_warehouse: Path, tmp_path: Path) -> Path:
    """The warehouse's own facts and dimensions in the folders that Spark would write."""
    folder = tmp_path / "tables" / "introstat.db"
    with open_warehouse(generated_warehouse) as connection:
        names = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'main'"
        ).fetchall()
        for (name,) in names:
            (folder / name).mkdir(parents=True)
            for part in (0, 1):
                connection.execute(
                    f"copy (select * from {name} qualify row_number() over () % 2 = {part}) "
                    f"to '{folder}/{name}/part-{part}.snappy.parquet' (format parquet)"
                )
    return folder


@pytest.fixture
def dbt(tables: Path, tmp_path: Path) -> Path:
    """A dbt that puts those folders where Spark would write them."""
    program = tmp_path / "dbt"
    program.write_text(
        f"#!{sys.executable}\n"
        "import os, pathlib, shutil\n"
        "place = pathlib.Path(os.environ['INTROSTAT_SPARK_WAREHOUSE'])\n"
        f"shutil.copytree({str(tables.parent)!r}, place)\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def compared(warehouse: Path, received: Path, dbt: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable, "-m", "scale_out",
            "--warehouse", warehouse, "--received", received, "--dbt", dbt,
        ],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_equal_tables_are_told_with_their_rows(generated_warehouse, tables, dbt, tmp_path):
    done = compared(generated_warehouse, tmp_path, dbt)
    assert done.returncode == 0, done.stderr
    told = {line.split()[0]: line.split()[-1] for line in done.stdout.splitlines()[1:]}
    assert told == {path.name: "yes" for path in tables.iterdir()}


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            "programme_days + cast(rowid = 0 as integer) as programme_days",
            "1 rows are lacking, 1 rows are not the warehouse's",
        ),
        (
            "case when rowid > 0 then registered_date end as registered_date",
            "1 rows are lacking, 1 rows are not the warehouse's",
        ),
    ],
)
def test_one_differing_row_is_found(generated_warehouse, tables, dbt, tmp_path, fault, said):
    with open_warehouse(generated_warehouse) as connection:
        for part in (tables / FACT).iterdir():
            part.unlink()
        connection.execute(
            f"copy (select * replace ({fault}) from {FACT}) "
            f"to '{tables}/{FACT}/part-0.parquet' (format parquet)"
        )
    done = compared(generated_warehouse, tmp_path, dbt)
    assert done.returncode == 1
    assert f"{FACT}: {said}" in " ".join(done.stderr.split())
    unequal = [line.split()[0] for line in done.stdout.splitlines() if line.split()[-1] == "no"]
    assert unequal == [FACT]


def test_a_table_that_spark_has_not_is_a_difference(generated_warehouse, tables, dbt, tmp_path):
    for part in (tables / FACT).iterdir():
        part.unlink()
    done = compared(generated_warehouse, tmp_path, dbt)
    assert done.returncode == 1
    assert f"{FACT}: there is no {FACT}.parquet" in " ".join(done.stderr.split())


def test_every_fact_and_dimension_is_compared(generated_warehouse, tables, tmp_path):
    rows = export(tables.parent, tmp_path / "facts", generated_warehouse)
    with open_warehouse(generated_warehouse) as connection:
        expected = {
            name: connection.execute(f"select count(*) from {name}").fetchone()[0] for name in rows
        }
    assert rows == expected
    assert {name for name in rows if name.startswith("fct_")} == {
        path.stem for path in (ROOT / "models").rglob("fct_*.sql")
    }


def test_what_dbt_said_is_told_if_spark_cannot_build(tmp_path):
    program = tmp_path / "dbt"
    event = {"info": {"level": "error", "msg": "Failure in model fct_terminations"}}
    program.write_text(f"#!/bin/sh\necho '{json.dumps(event)}'\nexit 1\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    with pytest.raises(BuildFailed, match="Failure in model fct_terminations"):
        build_on_spark(program, "marts", tmp_path, tmp_path, silent)


def test_what_is_not_there_is_named_before_spark_starts(tmp_path):
    done = compared(tmp_path / "no.duckdb", tmp_path, tmp_path / "dbt")
    assert done.returncode == 2
    assert "There is no warehouse at" in done.stderr
