"""What CONTRIBUTING.md asks of the project, read from dbt's manifest and the files."""

import csv
import re
import subprocess
from pathlib import Path

import jinja2
import pytest
import yaml
from conftest import ROOT, rows, the_manifest

from introstat.release.protected import MODELLED, READ

LAYERS = ["staging", "intermediate", "marts", "quality", "reports", "statistics", "publication"]
CONTRACTED = ("marts", "quality", "reports", "statistics", "publication")


@pytest.fixture(scope="module")
def manifest() -> dict:
    return the_manifest()


@pytest.fixture(scope="module")
def models(manifest: dict) -> list[dict]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def layer(node: dict) -> str:
    return Path(node["original_file_path"]).parts[1]


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_only_staging_reads_what_was_received_and_publication_what_was_protected(models):
    readers = {
        (layer(model), parent.split(".")[2] if layer(model) == "publication" else "received")
        for model in models
        for parent in model["depends_on"]["nodes"]
        if parent.startswith("source.")
    }
    assert readers == {
        ("staging", "received"),
        ("publication", "protected"),
        ("publication", "protected_cells"),
    }


def test_what_is_published_reads_no_figure_that_is_not_protected(manifest, models):
    published = [model for model in models if model["name"].startswith("pub_")]
    assert len(published) == 13
    for model in published:
        for parent in model["depends_on"]["nodes"]:
            kind, _, name = parent.split(".", 2)
            assert (kind, name.split(".")[0]) == ("source", "protected") or name.startswith("pub_")


def test_the_release_gives_dbt_the_cubes_that_its_models_read(models):
    read = {
        parent.split(".")[2]
        for model in models
        if model["name"].startswith("protected_")
        for parent in model["depends_on"]["nodes"]
        if parent.startswith("model.")
    }
    made = {model["name"] for model in models if model["name"].startswith("protected_")}
    assert read == set(READ)
    assert made == {f"protected_{name}" for name in MODELLED}


def test_every_layer_reads_only_what_stands_before_it(manifest, models):
    by_id = {model["unique_id"]: model for model in models}
    # The list of quarantined rows is made of staging alone; other layers may look things up in it.
    for model in models:
        for parent in model["depends_on"]["nodes"]:
            if parent in by_id:
                assert LAYERS.index(layer(by_id[parent])) <= LAYERS.index(layer(model)), model[
                    "name"
                ]


def test_reports_statistics_and_analyses_read_marts_and_no_step_before_them(manifest):
    readers = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "analysis"
        or (node["resource_type"] == "model" and layer(node) in ("reports", "statistics"))
    ]
    assert len(readers) > 40
    for node in readers:
        for parent in node["depends_on"]["nodes"]:
            step = manifest["nodes"].get(parent)
            assert step, f"{node['name']} reads {parent}"
            assert step["resource_type"] == "seed" or layer(step) not in (
                "staging",
                "intermediate",
            ), f"{node['name']} reads {step['name']}"


def test_each_definition_is_written_once(manifest):
    """SQL as dbt has it before macros: a formula that stands here stands nowhere else."""
    files = [*(ROOT / "macros").rglob("*.sql"), *(ROOT / "models").rglob("*.sql")]
    files += (ROOT / "analyses").glob("*.sql")
    texts = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in files}

    def places(pattern: str) -> list[str]:
        return [name for name, text in sorted(texts.items()) if re.search(pattern, text)]

    assert places(r"\* 0\.2\b") == ["macros/time/hours_per_week.sql"]
    assert places(r"\b5 \* ") == ["macros/time/hours_per_week.sql"]
    assert places(r"coalesce\(\w+\.person_key, \w+\.ident\)") == [
        "models/intermediate/identity/int_identity__idents.sql"
    ]
    assert places(
        r"participation_id desc|participations\.start_date,\n\s+participations\.part"
    ) == ["models/intermediate/participation/int_participation__accepted.sql"]
    # The name of the main figure says which of the two results it is of.
    assert places(r"'arbutd'") == ["macros/statistics/cubes.sql"]
    assert places(r"rule_limit\('C08'") == ["models/marts/fct_participation_periods.sql"]
    assert places(r"between age_bands\.from_age") == ["macros/time/ages.sql"]
    assert places(r"then 'stop'") == ["macros/quality/rule_book.sql"]


def test_a_rule_is_a_row_of_the_seed_and_a_model(manifest, models):
    """The list of rules is in the seed alone; each is checked by one model, put together once."""
    with (ROOT / "seeds" / "rules" / "completeness_rules.csv").open(encoding="utf-8") as text:
        rules = [row["rule_id"] for row in csv.DictReader(text)]
    checked = [
        (rule, model["name"])
        for model in models
        for rule in set(re.findall(r"'([CK]\d\d)' as rule_id", model["raw_code"]))
    ]
    assert sorted(rule for rule, _ in checked) == sorted(rules)
    [together] = [model for model in models if model["name"] == "dq_checked"]
    parents = {parent.split(".")[-1] for parent in together["depends_on"]["nodes"]}
    assert {name for _, name in checked} <= parents


def named_in(pattern: str) -> set[str]:
    """The files of the project, tests and documents left out, whose text has a pattern."""
    kinds = ("*.sql", "*.yml", "*.csv", "*.py")
    folders = ("models", "macros", "seeds", "introstat")
    return {
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for kind in kinds
        for path in (ROOT / folder).rglob(kind)
        if not path.name.endswith("unit_tests.yml")
        and re.search(pattern, path.read_text(encoding="utf-8"))
    }


def test_a_type_of_measure_is_a_row_and_imdis_name_for_it(models):
    """CONTRIBUTING.md says which files a new type touches; those of the made-up extracts beside."""
    with (ROOT / "seeds" / "codelists" / "measure_types.csv").open(encoding="utf-8") as text:
        types = [row["measure_type"] for row in csv.DictReader(text)]
    # Words that are a type's code and something else's as well.
    for measure_type in set(types) - {"annet", "arbeid", "ukjent"}:
        assert named_in(rf"\b{measure_type}\b") <= {
            "seeds/codelists/measure_types.csv",
            "seeds/codelists/measure_words.csv",
            "seeds/codelists/termination_reasons.csv",
            "seeds/rules/comparison_measures.csv",
            "seeds/rules/law_full_time.csv",
            "seeds/rules/law_measures.csv",
            "introstat/release/imdi_tables.yml",
            "introstat/synth/measures.csv",
            "introstat/synth/parameters.yml",
        }, measure_type


def test_a_cube_is_two_models_their_yaml_and_an_entry(models):
    """CONTRIBUTING.md says which files a new cube touches."""
    cubes = [
        model["name"].removeprefix("pub_") for model in models if layer(model) == "publication"
    ]
    assert len(cubes) > 10
    for cube in cubes:
        found = named_in(rf"\b(stat|pub)_{cube}\b")
        # Figures that rest on others are made of their cubes, and the report reads what it tells.
        found = {name for name in found if not re.search("/stat_|/protected/|/report/", name)}
        assert found <= {
            "models/statistics/_statistics__models.yml",
            f"models/publication/pub_{cube}.sql",
            "models/publication/_publication__models.yml",
            "models/publication/_publication__exposures.yml",
            "introstat/release/protected.py",
        }, cube


def test_every_model_says_its_grain_and_every_column_is_described(models):
    for model in models:
        assert re.match(r"One row( per|:) ", model["description"]), model["name"]
        assert model["columns"], model["name"]
        for column in model["columns"].values():
            assert column["description"], f"{model['name']}.{column['name']}"


def test_every_model_says_who_answers_for_it_and_where_it_stands(models):
    """Owner (a group), legal basis, phase in GSBPM; access to marts and what is published."""
    for model in models:
        meta = model["config"]["meta"]
        assert meta["owner"] == model["group"], model["name"]
        assert meta["legal_basis"], model["name"]
        assert re.match(r"[5-7]\.\d [A-Z]", meta["gsbpm"]), model["name"]
        offered = layer(model) == "marts" or model["name"].startswith(("fct_", "pub_"))
        assert model["access"] == ("public" if offered else "protected"), model["name"]
        rules = sorted(set(re.findall(r"'([CK]\d\d)' as rule_id", model["raw_code"])))
        assert meta.get("rule_id", []) == rules, model["name"]


def test_a_grain_is_what_dbt_tests_and_a_primary_key(manifest, models):
    tested: dict[str, list[list[str]]] = {}
    for node in manifest["nodes"].values():
        metadata = node.get("test_metadata") or {"name": ""}
        if metadata["name"] == "unique":
            tested.setdefault(node["attached_node"], []).append([node["column_name"]])
        if metadata["name"] == "unique_combination_of_columns":
            columns = metadata["kwargs"]["combination_of_columns"]
            # A null is a value of its own there; in the grain the column stands for itself.
            columns = [re.sub(r"coalesce\((\w+), ''\)", r"\1", column) for column in columns]
            tested.setdefault(node["attached_node"], []).append(columns)
    keys = 0
    for model in models:
        grain = model["config"]["meta"].get("grain")
        if model["unique_id"] in tested:
            assert grain in tested[model["unique_id"]], model["name"]
        for constraint in model["constraints"]:
            assert (constraint["type"], constraint["columns"]) == ("primary_key", grain)
            keys += 1
        for name, column in model["columns"].items():
            if column["constraints"]:
                assert [each["type"] for each in column["constraints"]] == ["primary_key"]
                assert grain == [name], model["name"]
                keys += 1
    assert keys == 11


def test_a_grain_has_one_row_for_each_of_its_values(generated_warehouse, models):
    """Also where no test of dbt's asks: of views, and of what a later step tests."""
    grains = {model["name"]: model["config"]["meta"].get("grain") for model in models}
    without = {name for name, grain in grains.items() if not grain}
    # Two rows of these may be the same in every column, or differ in nulls alone.
    assert without == {
        "base_nir_history__deltakelser", "int_income__benefits", "int_income__lines",
        "int_measure__spells", "int_status__signals", "rpt_findings", "stg_nir_history__fravaer",
        "stg_nir_history__tiltak", "stg_nir_history__vedtak",
    }  # fmt: skip
    built = [model["name"] for model in models if layer(model) != "publication"]
    counts = " union all ".join(
        f"select '{name}', count(*), count(distinct row({', '.join(grains[name])})) from {name}"
        for name in built
        if grains[name]
    )
    found = rows(generated_warehouse, counts)
    assert [name for name, every, different in found if every != different] == []
    assert sum(every for _, every, _ in found) > 100_000


def test_every_macro_and_argument_is_described(manifest):
    reader = jinja2.Environment(extensions=["jinja2.ext.do"])
    ours = [each for each in manifest["macros"].values() if each["package_name"] == "introstat"]
    assert len(ours) > 100
    for macro in ours:
        assert macro["description"], macro["name"]
        # dbt's own block for a generic test is a macro's but for the word.
        text = re.sub(r"{% (end)?test\b", r"{% \1macro", macro["macro_sql"])
        [written] = reader.parse(text).find_all(jinja2.nodes.Macro)
        described = [argument["name"] for argument in macro["arguments"]]
        assert described == [argument.name for argument in written.args], macro["name"]
        assert all(argument["description"] for argument in macro["arguments"]), macro["name"]


def test_base_models_describe_the_contracts_columns_in_the_contracts_words(manifest, models):
    contract = {
        (table["source_name"], table["name"]): {
            column["name"].lower(): one_line(column["description"])
            for column in table["columns"].values()
        }
        for table in manifest["sources"].values()
    }
    base = [model for model in models if model["name"].startswith("base_")]
    assert len(base) >= 14
    for model in base:
        source, table = model["name"].removeprefix("base_").split("__")
        # The history has the contract of the register it is the history of, and fewer columns.
        columns = contract[source.removesuffix("_history"), table]
        described = {
            name: one_line(column["description"])
            for name, column in model["columns"].items()
            if name in columns
        }
        if source.endswith("_history"):
            columns = {name: columns[name] for name in described}
        assert described == columns, model["name"]


def test_facts_have_enforced_contracts(models):
    for model in models:
        if layer(model) in CONTRACTED:
            assert model["config"]["contract"]["enforced"], model["name"]


def test_described_columns_are_the_columns(generated_warehouse, models):
    """A staging or intermediate model has no contract, so its description is checked here."""
    found = rows(
        generated_warehouse,
        "select table_name, list(column_name order by ordinal_position) "
        "from information_schema.columns group by table_name",
    )
    columns = dict(found)
    for model in models:
        # What is published is in no warehouse unless somebody asks for it; it has a contract.
        if layer(model) != "publication":
            assert columns[model["name"]] == list(model["columns"]), model["name"]


def test_models_know_no_clock_no_chance_and_no_engine(models):
    forbidden = r"current_date|now\(|random\(|target\.name|read_parquet|read_csv|date_diff|datediff"
    for model in models:
        assert not re.search(forbidden, model["raw_code"]), model["name"]


def test_every_data_test_and_unit_test_has_a_name_that_says_the_claim(manifest):
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    assert len(tests) > 35
    for test in tests:
        assert not re.search(r"_[0-9a-f]{10}$", test["name"]), (
            f"{test['name']} has no name of its own"
        )
    assert len(manifest["unit_tests"]) >= 24
    assert all(test["config"]["enabled"] for test in [*tests, *manifest["unit_tests"].values()])


def test_generic_tests_are_those_of_dbt_and_dbt_utils_and_two_of_our_own(manifest):
    used = {
        (metadata["namespace"], metadata["name"])
        for node in manifest["nodes"].values()
        if (metadata := node.get("test_metadata"))
    }
    names = {f"{namespace}.{name}" if namespace else name for namespace, name in used}
    assert {name for name in names if not name.startswith("dbt_utils.")} <= {
        "unique", "not_null", "relationships", "accepted_values",
        "same_total", "within_limits",
    }  # fmt: skip


def test_no_expression_that_is_null_passes_for_true(manifest):
    """In dbt_utils a row fails where the expression is false, and null is not false."""
    filled = re.compile(r"\w+ is not null( and \w+ is not null)*")
    for node in manifest["nodes"].values():
        metadata = node.get("test_metadata") or {"name": ""}
        if metadata["name"] == "expression_is_true":
            expression = one_line(metadata["kwargs"]["expression"])
            assert filled.fullmatch(expression) or re.fullmatch(
                r"coalesce\(.+, false\)", expression
            ), node["name"]


def test_every_seed_column_is_typed_and_described():
    described = yaml.safe_load((ROOT / "seeds" / "_seeds.yml").read_text())["seeds"]
    seeds = {path.stem: path for path in (ROOT / "seeds").rglob("*.csv")}
    assert {seed["name"] for seed in described} == set(seeds)
    for seed in described:
        with seeds[seed["name"]].open(encoding="utf-8") as text:
            header = next(csv.reader(text))
        assert list(seed["config"]["column_types"]) == header, seed["name"]
        assert [column["name"] for column in seed["columns"]] == header, seed["name"]
        types = seed["config"]["column_types"]
        assert all(types[name] == "varchar" for name in header if name.endswith("_code")), seed[
            "name"
        ]


def test_every_result_is_read_to_its_end():
    """DuckDB 2 does nothing else on a connection meanwhile: introstat/queries.py reads rows."""
    open_results = re.compile(r"\.fetchone\(|\.fetchmany\(|\.fetch_record_batch\(")
    for path in (ROOT / "introstat").rglob("*.py"):
        assert not open_results.search(path.read_text(encoding="utf-8")), path.name


def test_no_file_names_a_path_of_a_machine_or_a_registry():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    pattern = re.compile(
        r"(^|[^A-Za-z0-9_.])/(work|root|farm|home)/|https?://[^ ]*(py"
        + r"pi|pythonh|npmj|deb[.]deb)"
    )
    for name in filter(None, listed):
        path = ROOT / name
        if path.is_file() and path != Path(__file__).resolve():
            assert not pattern.search(path.read_text(encoding="utf-8", errors="replace")), name
