"""The tests of the tests: each generic data test of ours fails where it should, and only there."""

from pathlib import Path

import pytest
from conftest import ROOT, run

CASES = {
    "unique_and_filled": (
        "arguments: {columns: [a, b]}",
        {
            "fine": "select 1 as a, 1 as b union all select 1, 2",
            "twice": "select 1 as a, 1 as b union all select 1, 1",
            "null": "select 1 as a, null::integer as b",
        },
    ),
    "always": (
        "arguments: {condition: a > 0}",
        {
            "fine": "select 1 as a",
            "broken": "select 1 as a union all select 0",
            "null": "select null::integer as a",
        },
    ),
    "stands_in": (
        "arguments: {column: a, to: ref('other'), field: a}",
        {
            "fine": "select 1 as a union all select null",
            "elsewhere": "select 1 as a union all select 7",
        },
    ),
    "same_total": (
        "arguments: {column: a, to: ref('other')}",
        {
            "fine": "select 1 as a union all select 2",
            "more": "select 1 as a union all select 3",
            "none": "select 1 as a where false",
        },
    ),
    "within_limits": (
        "arguments: {rule_id: C01}",
        {
            "fine": "select 'C01' as rule_id, true as is_newest_over, 'ok' as state "
            "union all select 'C01', false, 'stop' union all select 'C02', true, 'stop'",
            "warning": "select 'C01' as rule_id, true as is_newest_over, 'warning' as state",
            "stop": "select 'C01' as rule_id, true as is_newest_over, 'stop' as state",
        },
    ),
    "no_shared_day": (
        "arguments: {keys: [a], first: first_day, last: last_day}",
        {
            "fine": "select 1 as a, 1 as first_day, 2 as last_day union all select 1, 3, 3 "
            "union all select 2, 2, 3",
            "touching": "select 1 as a, 1 as first_day, 2 as last_day union all select 1, 2, 3",
            "inside": "select 1 as a, 1 as first_day, 9 as last_day union all select 1, 2, 3 "
            "union all select 1, 5, 6",
        },
    ),
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A little project with every case as a model and the test on it."""
    project = tmp_path_factory.mktemp("project")
    (project / "dbt_project.yml").write_text(
        "{name: tests_of_tests, version: '1.0', profile: p, model-paths: [models],"
        " macro-paths: [macros], flags: {send_anonymous_usage_stats: false}}"
    )
    (project / "profiles.yml").write_text(
        f"{{p: {{target: d, outputs: {{d: {{type: duckdb, path: '{project}/t.duckdb'}}}}}}}}"
    )
    (project / "macros").mkdir()
    (project / "macros" / "generic.sql").write_text(
        (ROOT / "tests/generic/generic.sql").read_text()
    )
    models = project / "models"
    models.mkdir()
    (models / "other.sql").write_text("select 1 as a union all select 2")
    described = "version: 2\nmodels:\n"
    for name, (arguments, cases) in CASES.items():
        for case, query in cases.items():
            (models / f"{name}_{case}.sql").write_text(query)
            described += f"  - name: {name}_{case}\n    data_tests:\n      - {name}:\n"
            described += f"          name: test_{name}_{case}\n          {arguments}\n"
    (models / "models.yml").write_text(described)
    options = ["--project-dir", project, "--profiles-dir", project, "--log-path", project]
    return run("dbt", "build", *options, "--no-use-colors").stdout


@pytest.mark.parametrize(
    ("name", "case"), [(name, case) for name, (_, cases) in CASES.items() for case in cases]
)
def test_a_generic_test_fails_where_it_should(results: str, name: str, case: str):
    outcome = "PASS" if case == "fine" else "FAIL"
    assert any(
        outcome in line and f" test_{name}_{case} " in line for line in results.splitlines()
    ), results


def test_every_generic_test_is_tested():
    defined = (ROOT / "tests" / "generic" / "generic.sql").read_text()
    assert {word.split("(")[0] for word in defined.split("{% test ")[1:]} == set(CASES)
    assert [path.name for path in Path(ROOT / "tests" / "generic").iterdir()] == ["generic.sql"]
