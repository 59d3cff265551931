"""Disclosure control: hand-worked cases, known answers, and what is refused."""

import csv
import itertools
import json
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from introstat.cli import main
from introstat.disclosure.audit import audit
from introstat.disclosure.counts import pool_rare_categories, primary_cells, read_counts
from introstat.disclosure.errors import UserError
from introstat.disclosure.layout import (
    CodeList,
    ColumnHierarchy,
    Layout,
    parse_hierarchy,
)
from introstat.disclosure.policy import DEFAULT_POLICY, Policy, load_policy, policy_from
from introstat.disclosure.published import read_primaries, read_published
from introstat.disclosure.report import primaries_table, publication_table
from introstat.disclosure.rounding import round_small_counts
from introstat.disclosure.suppress import ProtectionImpossible, suppress
from introstat.disclosure.textfile import read_text_csv

DATA = Path(__file__).parents[1] / "data" / "disclosure"
PUBLISH = Policy("the test", "2026-01-01", zeros="publish")
MAY_HIDE = Policy("the test", "2026-01-01", zeros="may_hide")
TWO_WAY = Layout(("r", "c"))


def two_way(rows, **codes):
    """A frequency table from a matrix."""
    keys = [(f"r{i}", f"c{j}") for i in range(len(rows)) for j in range(len(rows[0]))]
    counts = [n for row in rows for n in row]
    return pa.table({"r": [k[0] for k in keys], "c": [k[1] for k in keys], "n": counts} | codes)


def published_from(cells, layout):
    """A published file from a mapping of codes to a number or ':'."""
    names = layout.dims
    columns = {name: [key[i] for key in cells] for i, name in enumerate(names)}
    return read_published([pa.table(columns | {"value": [str(v) for v in cells.values()]})], layout)


def found(result):
    return {interval.cell: (interval.low, interval.high) for interval in result.narrow}


# --- the audit, by hand


def test_a_hidden_cell_alone_in_its_row_is_worked_back():
    cells = {("a",): 5, ("b",): ":", ("Total",): 7}
    assert found(audit(published_from(cells, Layout(("r",))), MAY_HIDE)) == {"r=b": (2, 2)}


def test_two_hidden_cells_that_sum_to_two_are_known_once_zeros_are_published():
    cells = {("a",): ":", ("b",): ":", ("c",): 4, ("Total",): 6}
    narrow = {
        i.cell: (i.low, i.high)
        for i in audit(published_from(cells, Layout(("r",))), PUBLISH).narrow
    }
    assert narrow == {"r=a": (1, 1), "r=b": (1, 1)}
    narrow = found(audit(published_from(cells, Layout(("r",))), MAY_HIDE))
    assert narrow == {"r=a": (0, 2), "r=b": (0, 2)}


def test_two_tables_safe_each_alone_are_not_safe_together():
    # c0 is hidden in the first table beside c1; the second gives the pair c0 + c2 and c2 alone.
    layout = Layout(("c",), (CodeList("c", "pairs", (("c0", "g"), ("c2", "g"), ("c1", "h"))),))
    first = {"c": ["c0", "c1", "c2", "Total"], "value": [":", ":", "9", "16"]}
    second = {"c": ["g", "Total"], "value": ["11", "16"]}
    alone = read_published([pa.table(first)], layout)
    assert audit(alone, PUBLISH).passed
    assert audit(read_published([pa.table(second)], layout), PUBLISH).passed
    together = read_published([pa.table(first), pa.table(second)], layout)
    assert found(audit(together, PUBLISH))["c=c0"] == (2, 2)


def test_linear_bounds_wider_than_the_truth_do_not_make_a_cell_safe():
    # 2a = b + c with b and c one apart would do it in fractions; here parity leaves a single table.
    layout = Layout(
        ("c",),
        (
            CodeList("c", "ab", (("a", "ab"), ("b", "ab"), ("c", "c_"))),
            CodeList("c", "bc", (("b", "bc"), ("c", "bc"), ("a", "a_"))),
            CodeList("c", "ac", (("a", "ac"), ("c", "ac"), ("b", "b_"))),
        ),
    )
    hidden = {(code,): ":" for code in ("a", "b", "c", "a_", "b_", "c_")}
    cells = hidden | {("ab",): 4, ("bc",): 4, ("ac",): 4, ("Total",): 6}
    assert found(audit(published_from(cells, layout), MAY_HIDE))["c=a"] == (2, 2)


def test_a_cell_shown_under_another_name_is_not_hidden():
    layout = Layout(
        ("c",), (CodeList("c", "alias", (("c0", "same"), ("c1", "rest"), ("c2", "rest"))),)
    )
    cells = {("c0",): ":", ("c1",): ":", ("c2",): ":", ("same",): 3, ("rest",): ":", ("Total",): 20}
    assert found(audit(published_from(cells, layout), MAY_HIDE))["c=c0"] == (3, 3)


def test_the_2009_table_gives_oslo_work_in_private_sector_away():
    layout = Layout(
        ("region", "sex", "measure"),
        (CodeList("sex", "sex", (("men", "both"), ("women", "both"))),),
        {"region": "Hele landet", "sex": "both", "measure": None},
    )
    table = read_text_csv(DATA / "ssb_2009_measures_by_county.csv")
    result = audit(read_published([table], layout), MAY_HIDE)
    assert not result.passed
    assert found(result)["region=Oslo, sex=both, measure=Arbeid privat"] == (3, 3)


def test_a_forbidden_number_fails_the_audit():
    result = audit(published_from({("a",): 2, ("b",): 5, ("Total",): 7}, Layout(("r",))), PUBLISH)
    assert not result.passed
    assert result.forbidden == ("r=a: 2",)


def test_published_totals_that_do_not_add_up_are_refused_by_name():
    with pytest.raises(UserError, match=r"r=Total: 8, the parts make 9"):
        audit(published_from({("a",): 4, ("b",): 5, ("Total",): 8}, Layout(("r",))), PUBLISH)
    with pytest.raises(UserError, match="do not add up"):
        audit(published_from({("a",): ":", ("b",): 9, ("Total",): 8}, Layout(("r",))), PUBLISH)


def test_without_bounds_the_audit_says_so():
    layout = Layout(("r",), (), {"r": None})
    result = audit(published_from({("a",): ":", ("b",): 5}, layout), PUBLISH, None)
    assert result.passed
    assert result.narrowest[0].high is None


# --- suppression, by hand


def test_a_single_small_cell_takes_a_rectangle_with_it():
    counts = read_counts(two_way([[2, 20, 30], [25, 35, 45], [50, 60, 70]]), TWO_WAY, "n")
    hidden = suppress(counts, PUBLISH).hidden
    assert hidden.sum() == 4
    assert hidden[counts.system.cell(("r0", "c0"))]


def test_ones_alone_in_a_row_do_not_protect_each_other():
    counts = read_counts(two_way([[1, 1, 30], [25, 35, 45]]), TWO_WAY, "n")
    result = suppress(counts, PUBLISH)
    published = read_published([publication_table(counts, counts.values, result.hidden)], TWO_WAY)
    assert audit(published, PUBLISH).passed


def test_all_zeros_and_one_cell():
    zeros = read_counts(two_way([[0, 0], [0, 0]]), TWO_WAY, "n")
    assert not suppress(zeros, PUBLISH).hidden.any()
    assert round_small_counts(zeros, PUBLISH).largest_deviation == 0
    one = Layout(("r",))
    big = read_counts(pa.table({"r": ["a"], "n": [9]}), one, "n")
    assert not suppress(big, PUBLISH).hidden.any()
    small = read_counts(pa.table({"r": ["a"], "n": [2]}), one, "n")
    with pytest.raises(ProtectionImpossible, match="r=a"):
        suppress(small, PUBLISH)


def test_an_impossible_table_is_refused_with_its_cells_named():
    counts = read_counts(pa.table({"r": ["a", "b"], "n": [3, 1]}), Layout(("r",)), "n")
    with pytest.raises(ProtectionImpossible, match=r"r=a\n  r=b"):
        suppress(counts, PUBLISH)
    assert suppress(counts, MAY_HIDE).hidden.sum() == 2


def test_publishing_zeros_makes_tables_impossible_that_hiding_them_saves():
    counts = read_counts(two_way([[3, 0], [0, 1]]), TWO_WAY, "n")
    with pytest.raises(ProtectionImpossible):
        suppress(counts, PUBLISH)
    assert suppress(counts, MAY_HIDE).hidden.any()


def test_crossing_hierarchies_and_linked_tables_pass_the_audit_together():
    layout = Layout(
        ("region", "main_income"),
        (ColumnHierarchy(("region", "county")), ColumnHierarchy(("region", "k_group"))),
        {},
        (("region>county", "main_income"), ("k_group", "main_income")),
    )
    counts = read_counts(read_text_csv(DATA / "in_d2.csv"), layout, "freq")
    result = suppress(counts, PUBLISH)
    table = publication_table(counts, counts.values, result.hidden)
    published = read_published([table], layout)
    rows = read_primaries(primaries_table(counts, result.primary), published)
    assert rows and audit(published, PUBLISH, rows).passed


def test_measure_on_known_data():
    layout = Layout(("region", "main_income"), (ColumnHierarchy(("region", "county")),))
    counts = read_counts(read_text_csv(DATA / "in_d4t.csv"), layout, "freq")
    result = suppress(counts, PUBLISH)
    cells = counts.published.cells
    assert len(cells) == 2285 and result.primary[cells].sum() == 123
    assert result.hidden[cells].sum() <= 240
    published = read_published([publication_table(counts, counts.values, result.hidden)], layout)
    rows = read_primaries(primaries_table(counts, result.primary), published)
    assert audit(published, PUBLISH, rows).passed


def test_the_grand_total_and_published_zeros_are_never_hidden():
    counts = read_counts(two_way([[2, 0, 30], [0, 4, 9], [6, 1, 8]]), TWO_WAY, "n")
    hidden = suppress(counts, PUBLISH).hidden
    assert not hidden[counts.system.grand_totals].any()
    assert not hidden[counts.values == 0].any()


@pytest.mark.slow
@pytest.mark.parametrize(("policy", "most"), [(PUBLISH, 4400), (MAY_HIDE, 3900)])
def test_the_full_size_table_is_protected_and_safe(policy, most):
    counts = read_counts(read_text_csv(DATA / "in_d4.csv"), D4, "freq")
    result = suppress(counts, policy)
    assert result.hidden[counts.published.cells].sum() <= most
    published = read_published([publication_table(counts, counts.values, result.hidden)], D4)
    rows = read_primaries(primaries_table(counts, result.primary), published)
    assert len(rows) == 2125
    assert audit(published, policy, rows).passed


# --- rounding, by known answers


D4 = Layout(
    ("region", "main_income", "months"),
    (
        ColumnHierarchy(("region", "county")),
        ColumnHierarchy(("region", "k_group")),
        ColumnHierarchy(("months", "months2")),
    ),
)


@pytest.mark.parametrize(
    ("file", "layout", "largest"),
    [
        ("in_e6.csv", Layout(("geo", "year"), (ColumnHierarchy(("geo", "eu")),)), 1),
        ("in_exPSD.csv", Layout(("rows", "cols")), 2),
        (
            "in_d2.csv",
            Layout(
                ("region", "main_income"),
                (ColumnHierarchy(("region", "county")), ColumnHierarchy(("region", "k_group"))),
            ),
            2,
        ),
        ("in_d4.csv", D4, 5),
    ],
)
def test_rounding_deviates_no_more_than_the_known_engine(file, layout, largest):
    counts = read_counts(read_text_csv(DATA / file), layout, "freq")
    rounding = round_small_counts(counts, PUBLISH)
    assert rounding.largest_deviation <= largest
    inner = counts.values[counts.system.inner], rounding.values[counts.system.inner]
    assert np.array_equal(inner[0][inner[0] > 2], inner[1][inner[0] > 2])
    assert not np.isin(rounding.values, [1, 2]).any()
    published = read_published([publication_table(counts, rounding.values)], layout)
    assert audit(published, PUBLISH, [], "round").passed


matrices = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.integers(0, 6), min_size=width, max_size=width), min_size=1, max_size=4
    )
)


@settings(max_examples=40, deadline=None)
@given(matrices, st.randoms(use_true_random=False))
def test_rounding_adds_up_is_best_and_knows_no_row_order(rows, random):
    table = two_way(rows)
    counts = read_counts(table, TWO_WAY, "n")
    rounding = round_small_counts(counts, PUBLISH, seed=1)
    inner = rounding.values[counts.system.inner]
    assert np.array_equal(counts.system.values(inner), rounding.values)
    again = read_counts(two_way(inner.reshape(len(rows), -1).tolist()), TWO_WAY, "n")
    assert np.array_equal(round_small_counts(again, PUBLISH, seed=1).values, rounding.values)
    order = list(range(table.num_rows))
    random.shuffle(order)
    shuffled = read_counts(table.take(order), TWO_WAY, "n")
    assert np.array_equal(round_small_counts(shuffled, PUBLISH, seed=1).values, rounding.values)
    small = [i for i, n in enumerate(counts.values[counts.system.inner]) if 0 < n < 3]
    if len(small) <= 7:
        best = 99
        for ups in itertools.product((0, 3), repeat=len(small)):
            trial = counts.values[counts.system.inner].copy()
            trial[small] = ups
            best = min(best, int(np.abs(counts.system.values(trial) - counts.values).max()))
        assert rounding.largest_deviation == best and rounding.optimal


@settings(max_examples=40, deadline=None)
@given(matrices, st.randoms(use_true_random=False))
def test_suppression_gives_the_same_for_the_same_seed_whatever_the_row_order(rows, random):
    table = two_way(rows)
    order = list(range(table.num_rows))
    random.shuffle(order)
    counts, shuffled = (read_counts(t, TWO_WAY, "n") for t in (table, table.take(order)))
    try:
        first = suppress(counts, PUBLISH, seed=3).hidden
    except ProtectionImpossible:
        with pytest.raises(ProtectionImpossible):
            suppress(shuffled, PUBLISH, seed=3)
        return
    assert np.array_equal(first, suppress(shuffled, PUBLISH, seed=3).hidden)
    assert np.array_equal(first, suppress(counts, PUBLISH, seed=3).hidden)


# --- input that is refused


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n": ["1", "-2", "3", "4"]}, r"row 3: r=r0, c=c1: '-2'"),
        ({"n": ["1", "2.5", "3", "4"]}, r"row 3: r=r0, c=c1: '2.5'"),
        ({"n": ["1", "", "3", "4"]}, r"row 3"),
        ({"c": ["c0", "c0", "c0", "c1"]}, r"Duplicate cells:\n  rows 2 and 3: r=r0, c=c0"),
        ({"c": ["c0", "c1", "c0", "c2"]}, r"Missing inner cells"),
        ({"c": ["c0", "", "c0", "c1"]}, r"Rows without a code:\n  row 3"),
        (
            {"r": ["r0", "r0", "Total", "Total"], "n": ["1", "2", "1", "3"]},
            r"row 5: r=Total, c=c1: 3, the inner cells make 2",
        ),
    ],
)
def test_bad_counts_are_refused_with_the_rows_named(change, message):
    good = {"r": ["r0", "r0", "r1", "r1"], "c": ["c0", "c1", "c0", "c1"], "n": ["1", "2", "3", "4"]}
    with pytest.raises(UserError, match=message):
        read_counts(pa.table(good | change), TWO_WAY, "n")


def test_hierarchies_that_do_not_hold_are_refused():
    table = pa.table({"r": ["a", "b"], "g": ["x", ""], "n": ["4", "5"]})
    with pytest.raises(UserError, match=r"Unknown parent: codes of r without g:\n  b"):
        read_counts(table, Layout(("r",), (ColumnHierarchy(("r", "g")),)), "n")
    with pytest.raises(UserError, match="Unknown parent"):
        read_counts(table, Layout(("r",), (CodeList("r", "list", (("a", "x"),)),)), "n")
    with pytest.raises(UserError, match="circle"):
        read_counts(
            table,
            Layout(
                ("r",), (CodeList("r", "list", (("a", "x"), ("b", "y"), ("x", "y"), ("y", "x"))),)
            ),
            "n",
        )
    with pytest.raises(UserError, match="expected"):
        parse_hierarchy("region")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"zeros": "sometimes"}, "zeros is 'sometimes', expected publish or may_hide"),
        ({"min_width": 0}, "min_width"),
        ({"hide_to": 0}, "hide_to"),
        ({"hide_form": 1}, "unknown setting hide_form"),
        ({"decided_by": None}, "decided_by"),
        ({"method": {"exits": "round"}}, "default"),
    ],
)
def test_a_policy_with_a_fault_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        policy_from({"decided_by": "the director", "decided_on": "2026-01-01"} | change)


def test_the_packaged_policy_is_what_the_specification_says():
    policy = load_policy(DEFAULT_POLICY)
    assert (policy.hide_from, policy.hide_to, policy.min_width, policy.round_base) == (1, 3, 3, 3)
    per_cube = policy_from(
        {
            "decided_by": "x",
            "decided_on": "2026-01-01",
            "method": {"default": "suppress", "exits": "round"},
        }
    )
    assert (per_cube.method_of("exits"), per_cube.method_of("stays")) == ("round", "suppress")


def test_primary_rules_and_pooling():
    counts = read_counts(two_way([[0, 1], [3, 4]]), TWO_WAY, "n")
    primary = primary_cells(counts, PUBLISH)
    names = {("r0", "c1"), ("r1", "c0"), ("r0", "Total"), ("Total", "c0")}
    assert {
        codes
        for codes, cell in zip(counts.published.codes, counts.published.cells, strict=True)
        if primary[cell]
    } == names
    persons = np.where(counts.values == 4, 2, 9)
    assert primary_cells(counts, PUBLISH, persons)[counts.system.cell(("r1", "c1"))]
    table = pa.table({"c": ["a", "b", "d", "e"], "n": [3, 40, 2, 12]})
    pooled = pool_rare_categories(table, "c", "n", PUBLISH)
    assert dict(zip(pooled["c"].to_pylist(), pooled["n"].to_pylist(), strict=True)) == {
        "other": 17,
        "b": 40,
    }


# --- the commands


def run(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_protect_and_audit_from_the_command_line(tmp_path):
    out, primaries = tmp_path / "out.csv", tmp_path / "primaries.csv"
    what = [
        "--dims",
        "region,main_income",
        "--hierarchy",
        "region>county",
        "--hierarchy",
        "region>k_group",
    ]
    made = run(
        "protect",
        "--in",
        DATA / "in_d2.csv",
        "--count",
        "freq",
        *what,
        "--out",
        out,
        "--primaries",
        primaries,
        "--report",
        tmp_path / "report.json",
    )
    assert made.exit_code == 0, made.output
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    assert list(rows[0]) == ["region", "main_income", "county", "k_group", "value", "sign"]
    assert len(rows) == 100
    assert {row["sign"] for row in rows if row["value"] == ""} == {":"}
    assert len(list(csv.DictReader(primaries.open(encoding="utf-8")))) == 9
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["passed"] is True
    short = load_policy(DEFAULT_POLICY).short_fingerprint
    assert [audit["policy"] for audit in report["audits"].values()] == [short]
    audited = run("audit", "--in", out, *what, "--primaries", primaries)
    assert audited.exit_code == 0
    assert re.search(rf"policy {short}\b", " ".join(audited.output.split()))
    # One hidden cell shown too much: the same file is no longer safe.
    counts = {
        (r["region"], r["main_income"]): r["freq"]
        for r in csv.DictReader((DATA / "in_d2.csv").open())
    }
    for row in rows:
        key = (row["region"], row["main_income"])
        if row["sign"] == ":" and int(counts.get(key, 0)) > 3:
            row["value"], row["sign"] = counts[key], ""
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    again = run("audit", "--in", out, *what, "--primaries", primaries)
    assert again.exit_code == 3, again.output
    assert "Too narrow" in again.output


def test_linked_tables_from_the_command_line(tmp_path):
    out, primaries = tmp_path / "out.csv", tmp_path / "primaries.csv"
    what = [
        "--dims",
        "region,main_income",
        "--hierarchy",
        "region>county",
        "--hierarchy",
        "region>k_group",
    ]
    tables = ["--table", "region>county", "--table", "k_group,main_income"]
    made = run(
        "protect",
        "--in",
        DATA / "in_d2.csv",
        "--count",
        "freq",
        *what,
        *tables,
        "--out",
        out,
        "--primaries",
        primaries,
    )
    assert made.exit_code == 0, made.output
    assert run("audit", "--in", out, *what, "--primaries", primaries).exit_code == 0


def test_a_table_that_cannot_be_protected_is_not_written(tmp_path):
    source = tmp_path / "counts.csv"
    source.write_text("r,n\na,3\nb,1\n", encoding="utf-8")
    made = run(
        "protect", "--in", source, "--count", "n", "--dims", "r", "--out", tmp_path / "out.csv"
    )
    assert made.exit_code == 3, made.output
    assert "r=a" in made.output
    assert [file.name for file in tmp_path.iterdir()] == ["counts.csv"]


def test_bad_input_has_exit_code_2(tmp_path):
    source = tmp_path / "counts.csv"
    source.write_text("r,n\na,1\na,5\n", encoding="utf-8")
    made = run(
        "protect", "--in", source, "--count", "n", "--dims", "r", "--out", tmp_path / "out.csv"
    )
    assert made.exit_code == 2
    assert "rows 2 and 3" in made.output


def test_rounding_from_the_command_line(tmp_path):
    out = tmp_path / "out.csv"
    made = run(
        "protect",
        "--in",
        DATA / "in_exPSD.csv",
        "--count",
        "freq",
        "--dims",
        "rows,cols",
        "--method",
        "round",
        "--out",
        out,
        "--primaries",
        tmp_path / "p.csv",
    )
    assert made.exit_code == 0, made.output
    assert run("audit", "--in", out, "--dims", "rows,cols", "--method", "round").exit_code == 0
