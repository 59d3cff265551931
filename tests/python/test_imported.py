"""Another dbt project that imports this one, as docs/analyst.md tells."""

import shutil
from pathlib import Path

import pytest
from conftest import ROOT, Done, dbt, receive_here, rows

PROJECT = """
name: county_figures
version: "1.0.0"
config-version: 2
profile: introstat
model-paths: [models]
"""
PACKAGES = f"""
packages:
  - local: {ROOT}
  - local: {ROOT}/packages/dbt_utils
"""
# Reads a mart that rests on the contract, the rule book and the seeds.
DECISIONS = """
select decision_type, count(*) as decisions
from {{ ref('introstat', 'fct_decisions') }}
group by decision_type
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of somebody else's with one model, and introstat in its packages."""
    folder = tmp_path / "county_figures"
    (folder / "models").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text(PROJECT)
    (folder / "packages.yml").write_text(PACKAGES)
    (folder / "models" / "decisions.sql").write_text(DECISIONS)
    shutil.copy(ROOT / "profiles.yml", folder)
    return folder


def test_another_project_imports_this_one_builds_on_its_marts_and_on_nothing_else(
    project: Path, few: Path
):
    receive_here(few, project / "received")
    warehouse = project / "theirs.duckdb"

    def theirs(*words: str) -> Done:
        return dbt(
            *words, "--log-path", project, project=project,
            INTROSTAT_WAREHOUSE=str(warehouse), INTROSTAT_RECEIVED=str(project / "received"),
            DBT_TARGET_PATH=str(project / "target"),
        )  # fmt: skip

    done = theirs("deps")
    assert done.returncode == 0, done.stdout
    # The hooks read the rule book and the receipts, checked_rows reads the contract.
    done = theirs("build", "-s", "+decisions", "--exclude-resource-type", "unit_test")
    assert done.returncode == 0, done.stdout
    assert "PASS fct_decisions_is_one_row_per_key" in done.stdout
    [(counted,)] = rows(warehouse, "select sum(decisions) from decisions")
    assert rows(warehouse, "select count(*) from main.fct_decisions") == [(counted,)]
    assert counted > 20
    # Layers keep their schemas.
    assert rows(warehouse, "select count(*) > 0 from staging.base_nir__vedtak") == [(True,)]

    done = theirs("ls", "--quiet", "--resource-type", "model", "--exclude", "introstat.publication")
    listed = done.stdout.split()
    assert "county_figures.decisions" in listed
    assert "introstat.marts.fct_terminations" in listed
    assert not [name for name in listed if name.startswith("introstat.publication")]

    (project / "models" / "hours.sql").write_text(
        "select * from {{ ref('introstat', 'stat_hours') }}"
    )
    done = theirs("parse")
    assert done.returncode != 0
    said = "the referenced node is protected to the 'introstat' package"
    assert said in done.stdout
