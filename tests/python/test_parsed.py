"""A kept parse is what dbt would parse now."""

import os

import pytest

from introstat.warehouse import parsed

PROJECT = """
name: small
version: "1.0"
profile: small
model-paths: [models]
flags: {send_anonymous_usage_stats: false}
"""
PROFILE = """
small:
  target: duckdb
  outputs:
    duckdb:
      type: duckdb
      path: "{{ env_var('INTROSTAT_WAREHOUSE') }}"
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "models").mkdir()
    (tmp_path / "dbt_project.yml").write_text(PROJECT)
    (tmp_path / "profiles.yml").write_text(PROFILE)
    (tmp_path / "models" / "first.sql").write_text("select 1 as number")
    monkeypatch.setattr(parsed, "project_root", lambda: tmp_path)
    monkeypatch.setenv("INTROSTAT_WAREHOUSE", str(tmp_path / "one" / "introstat.duckdb"))
    return tmp_path


def models(variables="{}"):
    return {node.name: node for node in parsed.parsed_project(variables).nodes.values()}


def test_a_text_that_changed_is_parsed_again_and_a_new_one_seen(project):
    assert models()["first"].raw_code == "select 1 as number"
    (project / "models" / "first.sql").write_text("select 22 as number")
    (project / "models" / "second.sql").write_text("select 3 as number")
    assert models()["first"].raw_code == "select 22 as number"
    assert set(models()) == {"first", "second"}


def test_files_of_one_name_share_a_parse_and_the_environment_is_as_before(project, monkeypatch):
    models()
    elsewhere = str(project / "two" / "introstat.duckdb")
    monkeypatch.setenv("INTROSTAT_WAREHOUSE", elsewhere)
    assert models()["first"].database == "introstat"
    assert os.environ["INTROSTAT_WAREHOUSE"] == elsewhere
    assert len([path for path in (project / "target" / "parsed").iterdir() if path.is_dir()]) == 1
    monkeypatch.setenv("INTROSTAT_WAREHOUSE", str(project / "other.duckdb"))
    assert models()["first"].database == "other"


def test_only_the_newest_parses_are_kept(project):
    for number in range(parsed._KEPT + 1):
        assert models(f"{{number: {number}}}")
    kept = [path for path in (project / "target" / "parsed").iterdir() if path.is_dir()]
    assert len(kept) == parsed._KEPT


def test_what_cannot_be_parsed_is_left_for_dbt_to_tell(project):
    (project / "models" / "first.sql").write_text("select {{ nothing_of_the_kind( }}")
    assert parsed.parsed_project("{}") is None
