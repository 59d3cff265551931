"""A mapping undoes what an office does to the contract: its rows are the plain delivery's."""

import csv
import gzip
import io
import json
import random
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from conftest import KEY, rows
from deliveries import HEADERS, deliver, ident
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from inverse import Inverse, as_yaml
from test_receipt import read

from introstat.contract import sources
from introstat.identity.pseudonyms import Pseudonymiser
from introstat.receipt.describe import describe
from introstat.receipt.receive import receive

NIR = sources()["nir"]
TABLES = {table.name: table for table in NIR.tables}
LETTERS = "abcæøåÆØÅéü ;,|'\"\n«»/-"
VALUES = {
    "date": st.sampled_from(
        ["", "2017-01-02", "2016-02-29", " 2015-12-31 ", "2017-02-30", "0017-01-02", "ukjent", "?"]
    ),
    "decimal": st.sampled_from(
        ["", "20", "37,5", "37.5", "0.25", " 7 ", "1234,5", "1000000", "mye", "10.00,5"]
    ),
    "ident": st.sampled_from(["", ident(1), ident(2), f" {ident(3)}", "12345", "ukjent"]),
    "duf": st.sampled_from(["", "201501234567", "2015"]),
    "municipality": st.sampled_from(["", "0301", " 1103", "301", "Oslo"]),
    "varchar": st.one_of(
        st.sampled_from(["", "norsk", "annet", "arbeid", "0301", "2", "T1", " T1"]),
        st.text(LETTERS, max_size=12),
    ),
}
# Two deliveries are received for each: `make test-fuzz` does many more, and none are spent on
# making a failing one small.
PLENTY = settings(
    max_examples=settings().max_examples // 20,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)


def rows_of(table: str) -> st.SearchStrategy[list[dict[str, str]]]:
    return st.lists(
        st.fixed_dictionaries(
            {
                column.name: VALUES[column.identity or column.data_type]
                for column in TABLES[table].columns
            }
        ),
        max_size=5,
    )


def as_staged(row: dict, table: str) -> tuple:
    """A received row as staging reads it: typed, or told to be unreadable."""
    return tuple(read_value(row[c.name], c.data_type) for c in TABLES[table].columns)


def read_value(text: str | None, data_type: str) -> object:
    text = (text or "").strip(" ")
    if not text:
        return None
    try:
        if data_type == "date":
            return date.fromisoformat(text) if text >= "1900" and len(text) == 10 else "unread"
        if data_type == "decimal":
            return float(text.replace(",", "."))
    except ValueError:
        return "unread"
    return text


def as_csv(name: str, content: list[dict[str, str]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, HEADERS[f"{name}.csv"].split(";"), delimiter=";")
    writer.writeheader()
    writer.writerows(content)
    return buffer.getvalue().encode()


@PLENTY
@given(
    tables=st.fixed_dictionaries({t: rows_of(t) for t in ("personer", "tiltak", "vedtak")}),
    rng=st.randoms(use_true_random=False),
)
def test_any_layout_of_an_office_gives_the_rows_of_the_plain_delivery(tables, rng):
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        home = Path(place)
        plain = deliver(
            home / "plain", "nir", "2018-01-21",
            raw={f"{name}.csv": as_csv(name, content) for name, content in tables.items()},
        )  # fmt: skip
        manifest = json.loads((plain / "manifest.json").read_text())
        for name, content in tables.items():
            manifest["files"][f"{name}.csv"]["rows"] = len(content)
        (plain / "manifest.json").write_text(json.dumps(manifest))
        folder = home / "office" / "nir" / "2018-01-21"
        folder.mkdir(parents=True)
        mapping = Inverse(rng, folder).write(NIR, tables, split=rng.random() < 0.5)
        (home / "test.yml").write_text(as_yaml(mapping))
        patch.setenv("INTROSTAT_MAPPINGS", str(home))
        described = describe(folder, "nir", "2018-01-21", "2017-12-31", "utf-8", "test")
        (folder / "manifest.json").write_text(json.dumps(described))
        for name in ("plain", "office"):
            outcome = receive(home / name, home / f"{name}.received", Pseudonymiser(KEY))
            assert outcome.refused == [], as_yaml(mapping)
        for table in tables:
            got = [
                as_staged(row, table)
                for path in sorted((home / "office.received/nir/2018-01-21").glob("*.parquet"))
                if path.stem.split("-")[0] == table
                for row in read(home / "office.received", f"nir/2018-01-21/{path.stem}")
            ]
            wanted = [
                as_staged(row, table)
                for row in read(home / "plain.received", f"nir/2018-01-21/{table}")
            ]
            assert sorted(map(repr, got)) == sorted(map(repr, wanted)), as_yaml(mapping)


@pytest.mark.parametrize(
    "population", ["few", pytest.param("generated_extracts", marks=pytest.mark.slow)]
)
def test_a_whole_register_through_an_offices_layout_gives_the_same_warehouse(
    population: str,
    request: pytest.FixtureRequest,
    build: Callable[..., Path],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = request.getfixturevalue(population)
    expected = build(plain)
    home = tmp_path_factory.mktemp("inverse")
    extracts = home / "extracts"
    extracts.mkdir()
    for source in plain.iterdir():
        if source.name != "nir":
            (extracts / source.name).symlink_to(source)
    for number, delivery in enumerate(sorted((plain / "nir").iterdir())):
        folder = extracts / "nir" / delivery.name
        folder.mkdir(parents=True)
        tables = {name: csv_rows(delivery, name) for name in TABLES}
        mapping = Inverse(random.Random(number), folder).write(NIR, tables, split=False)
        (home / f"office-{number}.yml").write_text(as_yaml(mapping))
        monkeypatch.setenv("INTROSTAT_MAPPINGS", str(home))
        described = describe(
            folder, "nir", delivery.name, delivery.name, "utf-8", f"office-{number}"
        )
        (folder / "manifest.json").write_text(json.dumps(described))
    warehouse = build(extracts)
    compared = [f"stg_nir__{name}" for name in TABLES] + [
        "fct_participation", "fct_participation_weeks", "fct_measure_weeks", "fct_terminations",
        "fct_one_year_status", "fct_benefit_months", "dim_person",
    ]  # fmt: skip
    for table in compared:
        columns = rows(
            warehouse,
            "select string_agg(column_name, ', ' order by ordinal_position) "
            "from information_schema.columns where column_name not in ('file_name', 'line_number') "
            f"and table_name = '{table}'",
        )[0][0]
        query = f"select {columns} from {table} order by all"
        got = rows(warehouse, query)
        assert got == rows(expected, query), table
        assert got, table
    reasons = "select source, reason, count(*) from quarantine group by all order by all"
    assert rows(warehouse, reasons) == rows(expected, reasons)


def csv_rows(delivery: Path, name: str) -> list[dict[str, str]]:
    path = next(delivery.glob(f"{name}.csv*"))
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))
