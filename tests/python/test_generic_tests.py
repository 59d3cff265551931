"""The tests of the tests: each generic data test fails where it should, and only there."""

import re
import shutil
from pathlib import Path

import pytest
from conftest import ROOT
from conftest import dbt as run_dbt

APART = (
    "lower_bound_column: first_day, upper_bound_column: last_day,"
    " gaps: required, zero_length_range_allowed: true"
)
# What is tested: the test, its arguments, its column if it stands on one, and queries by case;
# all but those that begin with "fine" fail.
CASES = {
    "unique_combination": (
        "dbt_utils.unique_combination_of_columns",
        "combination_of_columns: [a, b]",
        None,
        {
            "fine": "select 1 as a, 1 as b union all select 1, 2 union all select null, 1",
            "twice": "select 1 as a, 1 as b union all select 1, 1",
            "twice_null": "select 1 as a, null::integer as b union all select 1, null",
        },
    ),
    "unique_combination_quoted": (
        "dbt_utils.unique_combination_of_columns",
        "combination_of_columns: [group, order], quote_columns: true",
        None,
        {
            "fine": 'select 1 as "group", 1 as "order" union all select 1, 2',
            "twice": 'select 1 as "group", 1 as "order" union all select 1, 1',
        },
    ),
    "expression": (
        "dbt_utils.expression_is_true",
        "expression: a > 0 or b > 0",
        None,
        {
            "fine": "select 1 as a, 0 as b union all select 0, 1",
            "fine_null": "select null::integer as a, null::integer as b",
            "broken": "select 1 as a, 1 as b union all select 0, 0",
        },
    ),
    "expression_never_null": (
        "dbt_utils.expression_is_true",
        'expression: "coalesce(a > 0, false)"',
        None,
        {
            "fine": "select 1 as a",
            "broken": "select 1 as a union all select 0",
            "null": "select 1 as a union all select null",
        },
    ),
    "expression_of_column": (
        "dbt_utils.expression_is_true",
        'expression: "> 0"',
        "a",
        {
            "fine": "select 1 as a",
            "broken": "select 1 as a union all select 0",
        },
    ),
    "ranges_of_days": (
        "dbt_utils.mutually_exclusive_ranges",
        f'{APART}, partition_by: "a, b"',
        None,
        {
            "fine": "select 1 as a, 1 as b, 1 as first_day, 2 as last_day"
            " union all select 1, 1, 3, 3 union all select 1, 1, 9, 10"
            " union all select 2, 1, 2, 3 union all select 1, 2, 1, 9",
            "touching": "select 1 as a, 1 as b, 1 as first_day, 2 as last_day"
            " union all select 1, 1, 2, 3",
            "inside": "select 1 as a, 1 as b, 1 as first_day, 9 as last_day"
            " union all select 1, 1, 2, 3 union all select 1, 1, 5, 6",
            "equal": "select 1 as a, 1 as b, 1 as first_day, 1 as last_day"
            " union all select 1, 1, 1, 1",
            "backwards": "select 1 as a, 1 as b, 3 as first_day, 2 as last_day",
            "no_end": "select 1 as a, 1 as b, 3 as first_day, null::integer as last_day",
            "no_beginning": "select 1 as a, 1 as b, null::integer as first_day, 3 as last_day",
        },
    ),
    "ranges_with_no_end": (
        "dbt_utils.mutually_exclusive_ranges",
        "lower_bound_column: first_day, upper_bound_column: 'coalesce(last_day, 99)',"
        " gaps: required",
        None,
        {
            "fine": "select 1 as first_day, 2 as last_day union all select 3, null",
            "inside": "select 1 as first_day, null as last_day union all select 3, 4",
        },
    ),
    "ranges": (
        "dbt_utils.mutually_exclusive_ranges",
        "lower_bound_column: lower_value, upper_bound_column: upper_value",
        None,
        {
            "fine": "select 1 as lower_value, 2 as upper_value union all select 2, 3"
            " union all select 5, 6",
            "overlapping": "select 1 as lower_value, 3 as upper_value union all select 2, 4",
            "of_no_length": "select 1 as lower_value, 1 as upper_value",
        },
    ),
    "ranges_without_gaps": (
        "dbt_utils.mutually_exclusive_ranges",
        "lower_bound_column: lower_value, upper_bound_column: upper_value, gaps: not_allowed",
        None,
        {
            "fine": "select 1 as lower_value, 2 as upper_value union all select 2, 3",
            "gap": "select 1 as lower_value, 2 as upper_value union all select 3, 4",
            "overlapping": "select 1 as lower_value, 3 as upper_value union all select 2, 4",
        },
    ),
    "total": (
        "same_total",
        "column: a, to: ref('other')",
        None,
        {
            "fine": "select 1 as a union all select 2",
            "more": "select 1 as a union all select 3",
            "none": "select 1 as a where false",
        },
    ),
    "limits": (
        "within_limits",
        "rule_id: C01",
        None,
        {
            "fine": "select 'C01' as rule_id, true as is_newest_over, 'ok' as state "
            "union all select 'C01', false, 'stop' union all select 'C02', true, 'stop'",
            "warning": "select 'C01' as rule_id, true as is_newest_over, 'warning' as state",
            "stop": "select 'C01' as rule_id, true as is_newest_over, 'stop' as state",
        },
    ),
}


def described(model: str, test: str, arguments: str, column: str | None, name: str) -> str:
    """The YAML of a model with one test, on the model or on a column of it."""
    tests = f"data_tests: [{{{test}: {{name: {name}, arguments: {{{arguments}}}}}}}]"
    on_column = f"columns: [{{name: {column}, {tests}}}]"
    return f"  - {{name: {model}, {on_column if column else tests}}}\n"


def dbt(project: Path, command: str, models: dict[str, str], yaml: str) -> str:
    """What dbt says of a little project with our generic tests and these models."""
    (project / "dbt_project.yml").write_text(
        "{name: tests_of_tests, version: '1.0', profile: p, model-paths: [models],"
        " test-paths: [tests], packages-install-path: packages,"
        " flags: {send_anonymous_usage_stats: false}}"
    )
    (project / "profiles.yml").write_text(
        f"{{p: {{target: d, outputs: {{d: {{type: duckdb, path: '{project}/t.duckdb'}}}}}}}}"
    )
    shutil.copytree(ROOT / "tests" / "generic", project / "tests" / "generic")
    shutil.copytree(ROOT / "packages", project / "packages")
    (project / "models").mkdir()
    for name, query in models.items():
        (project / "models" / f"{name}.sql").write_text(query)
    (project / "models" / "models.yml").write_text(f"version: 2\nmodels:\n{yaml}")
    return run_dbt(command, "--log-path", project, project=project).stdout


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A project with every case as a model and the test on it."""
    models = {"other": "select 1 as a union all select 2"}
    yaml = ""
    for label, (test, arguments, column, cases) in CASES.items():
        for case, query in cases.items():
            models[f"{label}_{case}"] = query
            yaml += described(f"{label}_{case}", test, arguments, column, f"test_{label}_{case}")
    return dbt(tmp_path_factory.mktemp("project"), "build", models, yaml)


@pytest.mark.parametrize(
    ("label", "case"), [(label, case) for label, (*_, cases) in CASES.items() for case in cases]
)
def test_a_generic_test_fails_where_it_should(results: str, label: str, case: str):
    outcome = "PASS" if case.startswith("fine") else "FAIL"
    assert re.search(rf"{outcome}.* test_{label}_{case} ", results), results


def test_a_word_for_gaps_that_is_not_known_is_refused(tmp_path: Path):
    arguments = "lower_bound_column: a, upper_bound_column: b, gaps: none"
    yaml = described("m", "dbt_utils.mutually_exclusive_ranges", arguments, None, "t")
    said = dbt(tmp_path, "build", {"m": "select 1 as a, 2 as b"}, yaml)
    assert "gaps is 'none', expected one of: not_allowed, allowed, required" in said


def test_every_generic_test_is_tested():
    files = [*(ROOT / "tests" / "generic").iterdir(), *(ROOT / "packages").rglob("*.sql")]
    defined = {name for path in files for name in re.findall(r"{% test (\w+)\(", path.read_text())}
    assert {test.removeprefix("dbt_utils.") for test, *_ in CASES.values()} == defined
