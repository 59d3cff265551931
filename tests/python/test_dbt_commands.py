"""dbt's own commands on a built warehouse do what dbt's documentation says of them."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from conftest import ROOT, Done, content, dbt, process, rows, the_manifest

from introstat.identity.scan import numbers_of, scan
from introstat.places import SCHEMAS


@dataclass
class Place:
    """A built warehouse of one's own with its received copy, and dbt run on it by name."""

    warehouse: Path

    @property
    def target(self) -> Path:
        """The folder of what dbt writes; one for all commands, so that dbt parses once."""
        return self.warehouse.parent / "target"

    @property
    def received(self) -> Path:
        return self.warehouse.with_suffix(".received")

    @property
    def own_file(self) -> Path:
        """The file of one's own that the target `dev` builds in."""
        return self.warehouse.with_name("dev.duckdb")

    def dbt(self, *words: str | Path) -> Done:
        """Run dbt with the warehouse named in the environment."""
        return dbt(
            *words,
            "--target-path", self.target, "--log-path", self.target,
            INTROSTAT_WAREHOUSE=str(self.warehouse),
            INTROSTAT_RECEIVED=str(self.received),
            INTROSTAT_DEV=str(self.own_file),
        )  # fmt: skip


def built_by_dbt(extracts: Path, straight: Path, folder: Path) -> Path:
    """A warehouse that the command has built in a process of its own, as a user does.

    What it receives is there already, as beside the warehouse that was built straight.
    """
    warehouse = folder / "introstat.duckdb"
    shutil.copytree(straight.with_suffix(".received"), warehouse.with_suffix(".received"))
    done = process("build", "--extracts", extracts, "--warehouse", warehouse)
    assert done.returncode == 0, done.stderr
    return warehouse


@pytest.fixture(scope="module")
def place(few: Path, few_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(built_by_dbt(few, few_warehouse, tmp_path_factory.mktemp("dbt")))


def test_dbt_builds_what_its_compiled_sql_gives(place: Place, few_warehouse: Path):
    """So what other tests show of warehouses that were built straight is true of dbt's."""
    assert content(place.warehouse) == content(few_warehouse)


@pytest.mark.slow
def test_dbt_builds_of_several_years_what_its_compiled_sql_gives(
    generated_extracts: Path, generated_warehouse: Path, tmp_path: Path
):
    built = built_by_dbt(generated_extracts, generated_warehouse, tmp_path)
    assert content(built) == content(generated_warehouse)


def test_every_unit_test_passes(place: Place):
    done = place.dbt("test", "--select", "test_type:unit")
    assert done.returncode == 0, done.stdout
    passed = re.findall(r" PASS \w+::(\w+)", done.stdout)
    assert len(passed) == len(the_manifest()["unit_tests"])


def test_dbt_parses_the_project_once(place: Place):
    """A YAML file that it reads and cannot write would have it parse anew for every command."""
    for _ in range(2):
        done = place.dbt("ls", "--resource-type", "exposure")
        assert done.returncode == 0, done.stdout
    assert "Unable to do partial parsing" not in done.stdout
    *_, last = (place.target / "dbt.log").read_text().split("Running with dbt")
    assert "no changes found, skipping parsing" in last


def test_plain_dbt_says_what_to_do_when_nothing_was_received(place: Place, tmp_path: Path):
    place.received.rename(tmp_path / "away")
    done = place.dbt("build")
    (tmp_path / "away").rename(place.received)
    assert done.returncode != 0
    assert "Nothing has been received" in done.stdout
    assert "introstat receive EXTRACTS" in done.stdout


def test_what_dbt_writes_and_says_holds_no_number(place: Place, few: Path, tmp_path: Path):
    """Compiled and run SQL, manifest, log and what is printed."""
    done = place.dbt("build", "-s", "base_nir__personer", "base_aordningen__inntekt")
    assert done.returncode == 0, done.stdout
    written = {path.name for path in place.target.iterdir()}
    assert written >= {"manifest.json", "compiled", "run", "dbt.log"}
    (tmp_path / "said.txt").write_text(done.stdout)
    assert scan([place.target, tmp_path], numbers_of(few)) == {}


@pytest.fixture(scope="module")
def documented(place: Place) -> Path:
    """What `dbt docs generate` writes, run while another process reads the warehouse."""
    reading = (
        "import sys, duckdb; warehouse = duckdb.connect(sys.argv[1], read_only=True); "
        "print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", reading, str(place.warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "open\n"
        done = place.dbt("docs", "generate", "--target", "reader")
        assert reader.poll() is None, "it had the file open all the time"
        reader.communicate()
    assert done.returncode == 0, done.stdout
    # The next command writes a manifest of its own in its place.
    folder = place.warehouse.with_name("documented")
    folder.mkdir()
    for name in ("manifest.json", "catalog.json"):
        shutil.copy(place.target / name, folder)
    return folder


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def relations(warehouse: Path) -> dict[str, str]:
    """The tables and views of a file, `schema.name`, with what each is."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(
            "select table_schema || '.' || table_name, table_type from information_schema.tables"
        ).fetchall()
    return dict(found)


def test_what_was_changed_by_hand_fails_dbts_tests_and_dbt_build_makes_it_right(
    place: Place,
):
    tables = ("dim_person", "fct_terminations")

    def contents() -> list[list[tuple]]:
        return [rows(place.warehouse, f"from {table} order by all") for table in tables]

    before = contents()
    with duckdb.connect(str(place.warehouse)) as connection:
        connection.execute("insert into dim_person from dim_person limit 100")
        connection.execute("update fct_terminations set is_work_or_education = true")
    done = place.dbt("test", "-s", *tables)
    assert done.returncode == 1, done.stdout
    assert set(re.findall(r"Failure in test (\w+)", done.stdout)) == {
        "dim_person_is_one_row_per_person",
        "direct_results_are_what_the_reason_says",
    }
    assert contents() != before, "dbt test repairs nothing"
    done = place.dbt("build", "-s", *tables)
    assert done.returncode == 0, done.stdout
    assert contents() == before


def test_sources_are_shown_listed_tested_and_their_age_is_known(place: Place):
    done = place.dbt(
        "show", "--quiet", "--output", "json", "--limit", "2",
        "--inline", "select * from {{ source('nir', 'tiltak') }} order by delivered, line_number",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    shown = json.loads(done.stdout)["show"]
    assert [row["line_number"] for row in shown] == [2, 3]
    assert {row["delivered"] for row in shown} == {"2018-01-21"}

    done = place.dbt("ls", "--quiet", "--resource-type", "source", "--output", "name")
    assert done.returncode == 0, done.stdout
    contract = [
        f"{source['name']}.{table['name']}"
        for path in (ROOT / "models" / "staging").glob("*/*__sources.yml")
        for source in yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]
        for table in source["tables"]
    ]
    assert "kostra.11b" in contract
    assert sorted(done.stdout.split()) == sorted(contract)

    done = place.dbt("source", "freshness")
    assert done.returncode == 0, done.stdout
    assert "WARN freshness of nir.tiltak" in done.stdout
    ages = {
        result["unique_id"]: result for result in read(place.target / "sources.json")["results"]
    }
    assert {result["status"] for result in ages.values()} == {"warn"}, "all is years old"
    newest = ages["source.introstat.nir.tiltak"]["max_loaded_at"]
    assert newest.startswith("2018-01-21")

    done = place.dbt("test", "-s", "source:nir")
    assert done.returncode == 0, done.stdout
    tested = re.findall(r"PASS received_rows_of_nir_(\w+)_say_where_they_stood", done.stdout)
    assert sorted(f"nir.{table}" for table in tested) == sorted(
        name for name in contract if name.startswith("nir.")
    )


def test_the_documentation_is_made_beside_a_reader_and_knows_every_relation(
    place: Place, documented: Path
):
    catalog = read(documented / "catalog.json")
    assert catalog["errors"] is None
    found = {
        f"{node['metadata']['schema']}.{node['metadata']['name']}"
        for node in catalog["nodes"].values()
    }
    assert found == set(relations(place.warehouse))


def test_every_table_and_column_has_its_description_as_a_comment(place: Place, documented: Path):
    described, columns_described = {}, {}
    for node in read(documented / "manifest.json")["nodes"].values():
        if node["resource_type"] in ("model", "seed") and node["schema"] != "publication":
            name = f"{node['schema']}.{node['name']}"
            described[name] = node["description"]
            for column in node["columns"].values():
                columns_described[f"{name}.{column['name']}"] = column["description"]
    with duckdb.connect(str(place.warehouse), read_only=True) as connection:
        comments = connection.execute(
            "select schema_name || '.' || table_name, comment from duckdb_tables() union all "
            "select schema_name || '.' || view_name, comment from duckdb_views() where not internal"
        ).fetchall()
        of_columns = connection.execute(
            "select concat_ws('.', schema_name, table_name, column_name), comment "
            "from duckdb_columns() where not internal"
        ).fetchall()
    assert dict(comments) == described
    assert dict(of_columns) == columns_described
    assert all(text and text.strip() for _, text in [*comments, *of_columns])


def test_the_layers_are_the_schemas_and_publication_waits_for_a_release(place: Place):
    schemas = {name.split(".")[0] for name in relations(place.warehouse)}
    assert schemas == {*SCHEMAS} - {"publication"}
    with duckdb.connect(str(place.warehouse), read_only=True) as connection:
        there = connection.execute(
            "select schema_name from duckdb_schemas() where database_name = current_database()"
        ).fetchall()
    assert {name for (name,) in there} - {"information_schema", "pg_catalog"} == schemas


@pytest.mark.parametrize(
    "chosen",
    [
        ("-s", "+fct_decisions", "--exclude-resource-type", "test unit_test"),
        pytest.param(("--exclude-resource-type", "unit_test"), marks=pytest.mark.slow),
    ],
)
def test_an_empty_build_makes_relations_without_rows_in_a_file_of_ones_own(
    place: Place, chosen: tuple[str, ...]
):
    before = place.warehouse.read_bytes()
    done = place.dbt("build", "--empty", "--target", "dev", *chosen)
    assert done.returncode == 0, done.stdout
    own = place.own_file.rename(place.warehouse.with_name("empty.duckdb"))
    made, there = relations(own), relations(place.warehouse)
    assert made.items() <= there.items()
    assert "main.fct_decisions" in made
    assert made == there or chosen[0] == "-s"
    assert rows(own, "from fct_decisions") == []
    assert place.warehouse.read_bytes() == before


def test_one_model_is_built_in_a_file_of_ones_own_from_what_the_warehouse_holds(
    place: Place, documented: Path
):
    before = place.warehouse.read_bytes()
    own = ("--target", "dev", "--state", documented)
    done = place.dbt("build", "-s", "fct_terminations", "--defer", *own)
    assert done.returncode == 0, done.stdout
    assert relations(place.own_file) == {"main.fct_terminations": "BASE TABLE"}
    done = place.dbt("clone", "-s", "dim_person", *own)
    assert done.returncode == 0, done.stdout
    assert relations(place.own_file) == {
        "main.fct_terminations": "BASE TABLE",
        "main.dim_person": "VIEW",
    }
    with duckdb.connect(str(place.own_file)) as connection:
        connection.execute(f"attach '{place.warehouse}' as introstat (read_only)")
        for table in ("fct_terminations", "dim_person"):
            query = f"from {{}}.main.{table} order by all"
            here, there = (
                connection.execute(query.format(database)).fetchall()
                for database in ("dev", "introstat")
            )
            assert len(here) > 20
            assert here == there, table
    assert place.warehouse.read_bytes() == before
