"""Disclosure control of several cubes: hierarchies by hand, links, earlier releases, the policy."""

import itertools
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from introstat.cli import main
from introstat.disclosure.audit import audit
from introstat.disclosure.counts import read_counts
from introstat.disclosure.errors import UserError
from introstat.disclosure.layout import CodeList, Layout
from introstat.disclosure.linked import Link, Term, join_counts, join_published, relations_of
from introstat.disclosure.policy import Policy
from introstat.disclosure.protection import Cube, protect
from introstat.disclosure.published import read_published
from introstat.disclosure.report import publication_table
from introstat.disclosure.rounded import doubt_by_rounding
from introstat.disclosure.rounding import round_small_counts
from introstat.disclosure.suppress import ProtectionImpossible, suppress
from introstat.disclosure.table_audit import PublishedTable, audit_tables

PUBLISH = Policy("the test", "2026-01-01", zeros="publish")
MAY_HIDE = Policy("the test", "2026-01-01", zeros="may_hide")
ONE = Layout(("c",))
PERIODS = Layout(("period", "c"), (), {"period": None})
HALF_YEARS = (
    Link(
        "H1 <= year",
        (Term("exits", {"period": "H1"}),),
        (Term("exits", {"period": "year"}),),
        "at_most",
    ),
    Link(
        "H2 <= year",
        (Term("exits", {"period": "H2"}),),
        (Term("exits", {"period": "year"}),),
        "at_most",
    ),
    Link(
        "year <= H1 + H2",
        (Term("exits", {"period": "year"}),),
        (Term("exits", {"period": "H1"}), Term("exits", {"period": "H2"})),
        "at_most",
    ),
)


def file_of(cells, *names):
    """A published file from a mapping of codes to a number or ':'."""
    keys = [key if isinstance(key, tuple) else (key,) for key in cells]
    columns = {name: [key[i] for key in keys] for i, name in enumerate(names)}
    return pa.table(columns | {"value": [str(value) for value in cells.values()]})


def table_of(counts, *names):
    """A table of counts from a mapping of codes to a number."""
    keys = [key if isinstance(key, tuple) else (key,) for key in counts]
    columns = {name: [key[i] for key in keys] for i, name in enumerate(names)}
    return pa.table(columns | {"n": list(counts.values())})


def narrow_in(result):
    return {interval.cell: (interval.low, interval.high) for interval in result.narrow}


def read(cells, layout, *names):
    return read_published([file_of(cells, *names)], layout)


# --- hierarchies, by hand

THREE_LEVELS = Layout(
    ("c",),
    (
        CodeList(
            "c",
            "levels",
            (("a", "x"), ("b", "x"), ("d", "y"), ("e", "z"), ("x", "P"), ("y", "P"), ("z", "Q")),
        ),
    ),
)


def test_a_cell_is_worked_back_through_three_levels():
    # Total 20 - Q 6 = P 14; P 14 - y 10 = x 4; x 4 - b 3 = a 1.
    cells = {"a": ":", "b": 30, "d": 10, "x": ":", "y": 10, "e": 6, "z": 6, "P": ":", "Q": 6}
    result = audit(read(cells | {"Total": 48}, THREE_LEVELS, "c"), PUBLISH)
    assert narrow_in(result) == {"c=a": (2, 2), "c=x": (32, 32), "c=P": (42, 42)}
    # With b hidden as well a and b share 32 persons.
    cells |= {"b": ":", "Total": 48}
    narrow = narrow_in(audit(read(cells, THREE_LEVELS, "c"), PUBLISH))
    assert "c=a" not in narrow and narrow["c=x"] == (32, 32)


def test_suppression_keeps_a_small_group_of_three_levels_safe():
    counts = read_counts(table_of({"a": 2, "b": 9, "d": 30, "e": 40}, "c"), THREE_LEVELS, "n")
    hidden = suppress(counts, PUBLISH).hidden
    assert {c for c in "abde" if hidden[counts.system.cell((c,))]} == {"a", "b"}
    assert not hidden[counts.system.cell(("x",))]


def test_what_one_hierarchy_hides_a_crossing_one_gives_back():
    county = CodeList("c", "county", (("a", "x"), ("b", "x"), ("d", "y"), ("e", "y")))
    group = CodeList("c", "group", (("a", "g"), ("d", "g"), ("b", "h"), ("e", "h")))
    leaves = {"a": ":", "b": ":", "d": ":", "e": 4}
    by_county = leaves | {"x": 8, "y": ":", "Total": 20}
    assert audit(read(by_county, Layout(("c",), (county,)), "c"), PUBLISH, [0]).passed
    crossing = by_county | {"g": 10, "h": 10}  # h - e = 6 is b; x - b = 2 is a
    narrow = narrow_in(audit(read(crossing, Layout(("c",), (county, group)), "c"), PUBLISH))
    assert narrow["c=b"] == (6, 6) and narrow["c=a"] == (2, 2)


def test_a_hidden_zero_beside_a_small_count_protects_only_so_far():
    assert narrow_in(
        audit(read({"a": ":", "z": ":", "b": 9, "Total": 11}, ONE, "c"), MAY_HIDE)
    ) == {
        "c=a": (0, 2),
        "c=z": (0, 2),
    }
    assert audit(read({"a": ":", "z": ":", "b": 9, "Total": 12}, ONE, "c"), MAY_HIDE).passed
    alone = audit(read({"z": ":", "b": 9, "Total": 9}, ONE, "c"), MAY_HIDE)
    assert narrow_in(alone) == {"c=z": (0, 0)}


def test_suppression_takes_more_than_a_zero_where_a_zero_is_not_enough():
    counts = read_counts(table_of({"a": 2, "z": 0, "b": 9}, "c"), ONE, "n")
    hidden = suppress(counts, MAY_HIDE).hidden
    assert hidden[counts.system.cell(("a",))] and hidden[counts.system.cell(("b",))]
    assert not hidden[counts.system.cell(("z",))]
    # Published zeros stay, whatever they would protect.
    hidden = suppress(counts, PUBLISH).hidden
    assert not hidden[counts.system.cell(("z",))] and hidden.sum() == 2


# --- links, by hand


def linked_audit(cubes, links, policy, rows=None):
    return audit(join_published(cubes, links), policy, rows)


def test_a_half_year_is_known_once_the_other_is_empty_and_the_year_is_shown():
    cells = {
        ("H1", "a"): ":", ("H1", "b"): ":", ("H1", "Total"): 20,
        ("H2", "a"): 0, ("H2", "b"): 9, ("H2", "Total"): 9,
        ("year", "a"): 4, ("year", "b"): 25, ("year", "Total"): 29,
    }  # fmt: skip
    cube = {"exits": read(cells, PERIODS, "period", "c")}
    assert audit(cube["exits"], PUBLISH).passed
    narrow = narrow_in(linked_audit(cube, HALF_YEARS, PUBLISH))
    assert narrow == {"exits: period=H1, c=a": (4, 4), "exits: period=H1, c=b": (16, 16)}


def test_a_count_under_two_names_is_one_count():
    one = read({"a": ":", "b": ":", "Total": 12}, ONE, "c")
    two = read({"a": 3, "b": 9, "Total": 12}, ONE, "c")
    link = Link("the same", (Term("one"),), (Term("two"),))
    assert audit(one, PUBLISH).passed
    narrow = narrow_in(linked_audit({"one": one, "two": two}, (link,), PUBLISH))
    assert narrow == {"one: c=a": (3, 3), "one: c=b": (9, 9)}


def test_persons_with_a_measure_are_participants():
    layout = Layout(("measure", "c"), (), {"measure": None})
    cells = {("m", "a"): ":", ("m", "b"): ":", ("m", "Total"): 12}
    measures = read(cells, layout, "measure", "c")
    participants = read({"a": 4, "b": 9, "Total": 13}, ONE, "c")
    link = Link("measure", (Term("measures"),), (Term("participants"),), "at_most")
    assert audit(measures, PUBLISH).passed
    both = {"measures": measures, "participants": participants}
    # b at most 9 leaves at least 3 for a.
    assert narrow_in(linked_audit(both, (link,), PUBLISH)) == {
        "measures: measure=m, c=a": (3, 4),
        "measures: measure=m, c=b": (8, 9),
    }


def test_codes_of_the_time_add_up_to_codes_of_the_reference_year():
    then = read({"a1": ":", "a2": ":", "b": 7, "Total": 20}, ONE, "c")
    now = read({"a": 13, "b": 7, "Total": 20}, ONE, "c")
    moved = CodeList("c", "moved", (("a1", "a"), ("a2", "a"), ("b", "b")))
    link = Link("reference year", (Term("then", {}, {"c": moved}),), (Term("now"),))
    relations = relations_of((link,), {"then": then.system, "now": now.system})
    assert [len(relation.left) for relation in relations] == [2, 1]
    assert linked_audit({"then": then, "now": now}, (link,), PUBLISH).passed
    shown = read({"a1": ":", "a2": ":", "b": ":", "Total": 20}, ONE, "c")
    narrow = narrow_in(linked_audit({"then": shown, "now": now}, (link,), PUBLISH))
    assert narrow == {"then: c=b": (7, 7)}


def test_counts_that_do_not_keep_a_link_are_refused_by_name():
    counts = {("H1", "a"): 5, ("H2", "a"): 2, ("year", "a"): 4}
    cube = read_counts(table_of(counts, "period", "c"), PERIODS, "n")
    with pytest.raises(UserError, match=r"H1 <= year \(c=a\): exceeded by 1"):
        join_counts({"exits": cube}, HALF_YEARS)
    with pytest.raises(UserError, match="no cube 'nothing'"):
        join_counts({"exits": cube}, (Link("x", (Term("nothing"),), (Term("exits"),)),))
    with pytest.raises(UserError, match="no period 'H3'"):
        join_counts(
            {"exits": cube}, (Link("x", (Term("exits", {"period": "H3"}),), (Term("exits"),)),)
        )


def random_periods(rng, codes=2):
    """Persons with an exit in H1, H2 or both, counted by half-year, year and code."""
    counts = {}
    for code in [f"c{i}" for i in range(codes)]:
        first, second, both = rng.integers(0, 4, 3)
        counts[("H1", code)] = int(first + both)
        counts[("H2", code)] = int(second + both)
        counts[("year", code)] = int(first + second + both)
    return counts


def test_linked_cubes_against_every_possible_table():
    rng = np.random.default_rng(5)
    checked = 0
    for _ in range(60):
        truth = random_periods(rng)
        counts = read_counts(table_of(truth, "period", "c"), PERIODS, "n")
        policy = (PUBLISH, MAY_HIDE)[rng.integers(2)]
        hidden = rng.random(counts.system.size) < 0.6
        hidden[counts.system.grand_totals] = False
        if policy.zeros == "publish":
            hidden &= counts.values > 0
        published = read_published([publication_table(counts, counts.values, hidden)], PERIODS)
        system = published.system
        most = max(truth.values()) + 6
        space = np.array(list(itertools.product(range(most), repeat=2)))
        fits = {}
        for period in ("H1", "H2", "year"):
            total = published.known[system.cell((period, "Total"))]
            some = space[space.sum(axis=1) == total]
            for i, code in enumerate(("c0", "c1")):
                cell = system.cell((period, code))
                if cell in published.hidden:
                    some = some[some[:, i] >= policy.least_hidden]
                else:
                    some = some[some[:, i] == published.known[cell]]
            fits[period] = some
        possible = np.array(
            [
                (*a, *b, *c)
                for a in fits["H1"]
                for b in fits["H2"]
                for c in fits["year"]
                if (np.maximum(a, b) <= c).all() and (c <= a + b).all()
                and max(a.sum(), b.sum()) <= c.sum() <= a.sum() + b.sum()
            ]
        )  # fmt: skip
        low, high = possible.min(axis=0), possible.max(axis=0)
        narrow = narrow_in(linked_audit({"exits": published}, HALF_YEARS, policy))
        order = [(p, c) for p in ("H1", "H2", "year") for c in ("c0", "c1")]
        expected = {
            f"exits: period={p}, c={c}": (low[i], high[i])
            for i, (p, c) in enumerate(order)
            if system.cell((p, c)) in published.hidden and high[i] - low[i] < 3
        }
        assert narrow == expected
        checked += len(expected)
    assert checked > 60


def test_linked_suppression_passes_where_suppression_of_each_alone_does_not():
    alone_fails, together = 0, 0
    for seed in range(24):
        rng = np.random.default_rng(seed)
        truth = random_periods(rng, codes=5) | {(p, "big"): 60 for p in ("H1", "H2", "year")}
        cube = {"exits": Cube(table_of(truth, "period", "c"), PERIODS, "n")}
        apart = protect(cube, PUBLISH)["exits"]
        audited = PublishedTable(apart.table, PERIODS, "suppress", apart.primaries)
        alone_fails += not audit_tables({"exits": audited}, PUBLISH, HALF_YEARS)[
            "suppressed"
        ].passed
        try:
            done = protect(cube, PUBLISH, HALF_YEARS)["exits"]
        except ProtectionImpossible:
            continue
        audited = PublishedTable(done.table, PERIODS, "suppress", done.primaries)
        assert audit_tables({"exits": audited}, PUBLISH, HALF_YEARS)["suppressed"].passed
        together += 1
    assert alone_fails >= 3 and together >= 6


# --- earlier releases


def audited_with(now, earlier, policy=PUBLISH):
    table = PublishedTable(file_of(now, "c"), ONE, "suppress", None, [file_of(earlier, "c")])
    return audit_tables({"t": table}, policy)


def test_what_an_earlier_release_shows_of_unrevised_figures_is_known():
    earlier = {"a": ":", "b": ":", "d": 9, "Total": 20}
    now = {"a": ":", "b": 8, "d": ":", "Total": 20}
    results = audited_with(now, earlier)
    assert results["suppressed"].passed  # each release for itself
    tied = results["suppressed, figures taken for unrevised"]
    assert narrow_in(tied)["t: c=a"] == (3, 3)


def test_a_revised_figure_is_another_count():
    earlier = {"a": ":", "b": ":", "d": 9, "Total": 20}
    now = {"a": ":", "b": 8, "d": ":", "Total": 21}
    assert all(result.passed for result in audited_with(now, earlier).values())


def test_suppression_does_not_hide_behind_what_an_earlier_release_shows():
    cube = {"t": Cube(table_of({"a": 2, "b": 9, "d": 10}, "c"), ONE, "n")}
    earlier = file_of({"a": ":", "b": 9, "d": ":", "Total": 21}, "c")
    done = protect(cube, PUBLISH, earlier={"t": [earlier]})["t"]
    marks = dict(zip(done.table["c"].to_pylist(), done.table["sign"].to_pylist(), strict=True))
    assert marks == {"Total": "", "a": ":", "b": "", "d": ":"}
    told = file_of({"a": 2, "b": 9, "d": 10, "Total": 21}, "c")
    with pytest.raises(ProtectionImpossible, match=r"earlier release shows.*\n  t: c=a"):
        protect(cube, PUBLISH, earlier={"t": [told]})


# --- rounded files, as a reader sees them


def test_what_a_rounded_number_hides():
    published = read({"a": 0, "b": 3, "d": 7, "Total": 10}, ONE, "c")
    low, high, exact = doubt_by_rounding(published, 3, 1, 3)
    ends = {c: (low[published.system.cell((c,))], high[published.system.cell((c,))]) for c in
            ("a", "b", "d", "Total")}  # fmt: skip
    assert exact and ends == {"a": (0, 2), "b": (1, 3), "d": (7, 7), "Total": (8, 12)}
    result = audit(published, PUBLISH, None, "round")
    assert result.passed and result.tested == 2
    # A policy that also forbids 4 is not served by rounding to base 3: a shown 4 is the truth.
    wide = Policy("the test", "2026-01-01", hide_to=4)
    told = read({"a": 4, "b": 3, "Total": 7}, ONE, "c")
    assert narrow_in(audit(told, wide, None, "round")) == {"c=a": (4, 4)}


def test_a_file_that_rounding_cannot_have_made_is_refused():
    margins = Layout(("r", "c"), (), {}, (("r",), ("c",)))
    cells = {("Total", "Total"): 4, ("r0", "Total"): 2, ("r1", "Total"): 2,
             ("Total", "c0"): 2, ("Total", "c1"): 2}  # fmt: skip
    with pytest.raises(UserError, match="No table of counts rounded to base 3"):
        audit(read(cells, margins, "r", "c"), PUBLISH, None, "round")


def test_doubt_by_rounding_against_every_possible_table():
    rng = np.random.default_rng(2)
    margins = Layout(("r", "c"), (), {}, (("r",), ("c",)))
    keys = [("r0", "c0"), ("r0", "c1"), ("r1", "c0"), ("r1", "c1")]
    space = np.array(list(itertools.product([0, *range(3, 11)], repeat=4)))
    unsettled = 0
    for number in range(60):
        layout = margins if number % 2 else Layout(("r", "c"))
        inner = dict(zip(keys, rng.choice([0, 1, 2, 3, 4, 5], 4).tolist(), strict=True))
        counts = read_counts(table_of(inner, "r", "c"), layout, "n")
        rounding = round_small_counts(counts, PUBLISH, seed=number)
        table = publication_table(counts, rounding.values)
        code_list = tuple(
            CodeList(d, d, ((f"{d}0", f"{d}all"), (f"{d}1", f"{d}all"))) for d in "rc"
        )
        read_with = Layout(("r", "c"), code_list)  # the reader knows both codes of a margin
        published = read_published([table], read_with)
        low, high, _ = doubt_by_rounding(published, 3, 1, 3)
        shown = published.known >= 0
        member = np.array([published.system.values(row) for row in np.eye(4, dtype=np.int64)])
        whole = space @ member
        possible = space[(whole[:, shown] == published.known[shown]).all(axis=1)]
        every_low = (np.where(possible == 3, 1, possible) @ member).min(axis=0)
        every_high = (np.where(possible == 0, 2, possible) @ member).max(axis=0)
        cells = published.row_cells
        assert (low[cells] >= every_low[cells]).all() and (high[cells] <= every_high[cells]).all()
        small = cells[(low[cells] <= 3) & (high[cells] >= 1)]
        short = small[high[small] - low[small] < 2]
        assert (every_high[short] - every_low[short] < 2).all()
        unsettled += number % 2
    assert unsettled == 30


# --- the policy, by cube


def test_the_policy_says_the_method_of_each_cube(tmp_path):
    policy = tmp_path / "policy.yml"
    policy.write_text(
        "decided_by: the test\ndecided_on: 2026-01-01\nnot_additive: round\n"
        "method:\n  default: suppress\n  exits: round\n",
        encoding="utf-8",
    )
    for name in ("exits", "stays"):
        (tmp_path / f"{name}.csv").write_text("c,n\na,2\nb,9\nd,10\n", encoding="utf-8")
    shown = {}
    for name, *more in (("exits",), ("stays",), ("stays", "--not-additive")):
        out = tmp_path / "out.csv"
        made = CliRunner().invoke(
            main,
            ["protect", "--in", str(tmp_path / f"{name}.csv"), "--count", "n", "--dims", "c",
             "--policy", str(policy), "--out", str(out), *more],
        )  # fmt: skip
        assert made.exit_code == 0, made.output
        shown[(name, *more)] = out.read_text(encoding="utf-8").replace('"', "").split("\n")[1:-1]
        audited = CliRunner().invoke(
            main,
            ["audit", "--in", str(out), "--dims", "c", "--policy", str(policy), "--cube", name,
             *more],
        )  # fmt: skip
        assert audited.exit_code == 0, audited.output
    assert [row.split(",")[1] for row in shown[("exits",)][1:]] in (
        ["0", "9", "10"],
        ["3", "9", "10"],
    )
    assert shown[("exits",)][0].split(",")[1] in ("19", "22")
    assert sum(row.endswith(":") for row in shown[("stays",)]) == 2
    # Without sums there is no row for a total, and only the small cell is touched.
    assert len(shown[("stays", "--not-additive")]) == 3


def test_figures_without_sums_are_hidden_one_by_one():
    counts = {("H1", "a"): 2, ("H1", "Total"): 30, ("H2", "a"): 9, ("H2", "Total"): 31}
    cube = Cube(table_of(counts, "period", "c"), PERIODS, "n", additive=False)
    done = protect({"t": cube}, PUBLISH)["t"]
    assert done.table["sign"].to_pylist().count(":") == 1
    result = audit_tables(
        {"t": PublishedTable(done.table, done.layout, done.method, done.primaries)}, PUBLISH
    )
    assert result["suppressed"].passed and result["suppressed"].narrowest[0].high is None


def test_a_figure_that_rests_on_few_persons_is_hidden(tmp_path):
    table = pa.table(
        {"c": ["a", "b", "d"], "n": [50_000, 900_000, 800_000], "persons": [3, 40, 50]}
    )
    cube = Cube(table, ONE, "n", persons="persons")
    done = protect({"t": cube}, PUBLISH)["t"]
    assert done.primaries["c"].to_pylist() == ["a"]
    assert done.table["sign"].to_pylist()[done.table["c"].to_pylist().index("a")] == ":"
    with pytest.raises(UserError, match="rounding does not hide them"):
        protect({"t": Cube(table, ONE, "n", persons="persons", method="round")}, PUBLISH)
    source = tmp_path / "t.csv"
    source.write_text("c,n,persons\na,500,3\nb,9000,40\nd,8000,50\n", encoding="utf-8")
    out = tmp_path / "out.csv"
    made = CliRunner().invoke(
        main,
        ["protect", "--in", str(source), "--count", "n", "--persons", "persons", "--dims", "c",
         "--out", str(out)],
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    assert out.read_text(encoding="utf-8").count(":") == 2


def test_rare_categories_are_pooled_before_protection():
    counts = {("f", "NO"): 40, ("f", "SE"): 3, ("f", "DK"): 1, ("f", "FI"): 12,
              ("m", "NO"): 30, ("m", "SE"): 2, ("m", "DK"): 2, ("m", "FI"): 14}  # fmt: skip
    totals = {("f", "Total"): 56, ("m", "Total"): 48}  # rows of totals are not counted twice
    layout = Layout(("sex", "country"))
    cube = Cube(table_of(counts | totals, "sex", "country"), layout, "n", pool=("country",))
    done = protect({"t": cube}, PUBLISH)["t"]
    values = dict(
        zip(
            zip(*(done.table[name].to_pylist() for name in ("sex", "country")), strict=True),
            done.table["value"].to_pylist(),
            strict=True,
        )
    )
    assert {country for _, country in values} == {"NO", "other", "Total"}
    assert values[("Total", "other")] == 34 and values[("f", "other")] == 16
    grouped = Layout(("country",), (CodeList("country", "w", (("NO", "north"), ("FI", "north"))),))
    with pytest.raises(UserError, match="cannot be pooled"):
        protect(
            {"t": Cube(table_of({"NO": 5, "FI": 2}, "country"), grouped, "n", pool=("country",))},
            PUBLISH,
        )


# --- the door, and the commands


def test_pandas_in_is_pandas_out():
    frame = pd.DataFrame({"c": ["a", "b", "d"], "n": [2, 9, 10]})
    done = protect({"t": Cube(frame, ONE, "n")}, PUBLISH)["t"]
    arrow = protect({"t": Cube(pa.table(frame), ONE, "n")}, PUBLISH)["t"]
    assert isinstance(done.table, pd.DataFrame) and isinstance(arrow.table, pa.Table)
    assert done.table["value"].isna().sum() == 2
    assert pa.Table.from_pandas(done.table, preserve_index=False)["value"].to_pylist() == (
        arrow.table["value"].to_pylist()
    )
    audited = PublishedTable(done.table, ONE, "suppress", done.primaries)
    assert audit_tables({"t": audited}, PUBLISH)["suppressed"].passed
    floats = frame.astype({"n": float})
    again = protect({"t": Cube(floats, ONE, "n")}, PUBLISH)["t"]
    assert again.table.equals(done.table)


def test_the_report_has_exact_intervals_of_the_narrowest_cells():
    published = read({"a": ":", "b": ":", "d": 9, "Total": 29}, ONE, "c")
    exact = audit(published, PUBLISH, exact=2).narrowest
    assert [(i.cell, i.low, i.high, i.exact) for i in exact] == [
        ("c=a", 1, 19, True),
        ("c=b", 1, 19, True),
    ]
    assert not any(interval.exact for interval in audit(published, PUBLISH, exact=0).narrowest)


LINKED = """
cubes:
  exits:
    in: exits.csv
    count: n
    dims: [period, c]
    no_total: [period]
links:
  - name: H1 <= year
    left: {cube: exits, at: {period: H1}}
    is: at_most
    right: {cube: exits, at: {period: year}}
  - name: H2 <= year
    left: {cube: exits, at: {period: H2}}
    is: at_most
    right: {cube: exits, at: {period: year}}
  - name: year <= H1 + H2
    left: {cube: exits, at: {period: year}}
    is: at_most
    right: [{cube: exits, at: {period: H1}}, {cube: exits, at: {period: H2}}]
"""


def test_linked_cubes_from_the_command_line(tmp_path):
    linked, out, lists = tmp_path / "linked.yml", tmp_path / "v1", tmp_path / "lists"
    linked.write_text(LINKED, encoding="utf-8")
    rows = {("H1", "a"): 4, ("H1", "b"): 16, ("H1", "d"): 30, ("H2", "a"): 0, ("H2", "b"): 9,
            ("H2", "d"): 2, ("year", "a"): 4, ("year", "b"): 25, ("year", "d"): 31}  # fmt: skip
    lines = "".join(f"{p},{c},{n}\n" for (p, c), n in rows.items())
    (tmp_path / "exits.csv").write_text("period,c,n\n" + lines, encoding="utf-8")

    def run(*arguments):
        return CliRunner().invoke(main, [str(a) for a in arguments])

    made = run("protect", "--linked", linked, "--out", out, "--primaries", lists,
               "--report", tmp_path / "r.json")  # fmt: skip
    assert made.exit_code == 0, made.output
    assert (out / "exits.csv").exists() and (lists / "exits.primaries.csv").exists()
    assert json.loads((tmp_path / "r.json").read_text())["audits"]["suppressed"]["passed"]
    what = ("audit", "--linked", linked, "--in", out, "--primaries", lists)
    assert run(*what).exit_code == 0
    again = run(*what, "--earlier", out)
    assert again.exit_code == 0 and "taken for unrevised" in again.output
    # An earlier release that shows what is hidden now.
    told = tmp_path / "v0"
    told.mkdir()
    everything = "".join(f"{p},{c},{n},\n" for (p, c), n in rows.items())
    (told / "exits.csv").write_text("period,c,value,sign\n" + everything, encoding="utf-8")
    assert run(*what, "--earlier", told).exit_code == 3
    assert run("protect", "--linked", linked, "--out", out, "--earlier", told).exit_code == 3
    assert run("protect", "--linked", linked, "--count", "n", "--out", out).exit_code == 2
    assert run("audit", "--linked", linked, "--in", out / "exits.csv").exit_code == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("count: n", "counts: n"), "unknown setting counts"),
        (("is: at_most", "is: less"), "`is` is 'less', expected equal or at_most"),
        (("cubes:", "cube:"), "expected `cubes:`"),
        (("    in: exits.csv\n", ""), "in is missing"),
        (("dims: [period, c]", "dims: period"), "expected a list, found 'period'"),
        (("{cube: exits, at: {period: H1}}", "[]"), "`left` names no cube"),
    ],
)
def test_a_linked_file_with_a_fault_is_refused(tmp_path, change, message):
    linked = tmp_path / "linked.yml"
    linked.write_text(LINKED.replace(*change, 1), encoding="utf-8")
    made = CliRunner().invoke(
        main, ["protect", "--linked", str(linked), "--out", str(tmp_path / "o")]
    )
    assert made.exit_code == 2 and message in made.output, made.output


# --- properties of tables of more than two dimensions, with hierarchies and linked tables

GROUPS = (
    CodeList("a", "near", (("a0", "g0"), ("a1", "g0"), ("a2", "g1"), ("g0", "u"), ("g1", "u"))),
    CodeList("a", "cross", (("a0", "h0"), ("a1", "h1"), ("a2", "h0"))),
)
SHAPES = (
    Layout(("a", "b", "c"), GROUPS),
    Layout(("a", "b", "c"), GROUPS, {}, (("a", "b"), ("b", "c"), ("near", "c"))),
    Layout(("a", "b", "c"), GROUPS[:1], {"c": None}),
)
KEYS = list(itertools.product(("a0", "a1", "a2"), ("b0", "b1"), ("c0", "c1")))
three_way = st.tuples(
    st.sampled_from(SHAPES),
    st.lists(st.integers(0, 6), min_size=len(KEYS), max_size=len(KEYS)),
    st.permutations(range(len(KEYS))),
)


@settings(max_examples=30, deadline=None)
@given(three_way)
def test_rounding_of_three_dimensions_adds_up_and_knows_no_row_order(case):
    layout, numbers, order = case
    table = table_of(dict(zip(KEYS, numbers, strict=True)), "a", "b", "c")
    counts = read_counts(table, layout, "n")
    rounding = round_small_counts(counts, PUBLISH, seed=1)
    inner = rounding.values[counts.system.inner]
    assert np.array_equal(counts.system.values(inner), rounding.values)
    shuffled = read_counts(table.take(list(order)), layout, "n")
    assert np.array_equal(round_small_counts(shuffled, PUBLISH, seed=1).values, rounding.values)
    again = read_counts(
        table_of(dict(zip(KEYS, inner.tolist(), strict=True)), "a", "b", "c"), layout, "n"
    )
    assert np.array_equal(round_small_counts(again, PUBLISH, seed=1).values, rounding.values)
    published = read_published([publication_table(counts, rounding.values)], layout)
    assert audit(published, PUBLISH, None, "round").passed


@settings(max_examples=25, deadline=None)
@given(three_way, st.sampled_from([PUBLISH, MAY_HIDE]))
def test_suppression_of_three_dimensions_is_safe_and_knows_no_row_order(case, policy):
    layout, numbers, order = case
    table = table_of(dict(zip(KEYS, numbers, strict=True)), "a", "b", "c")

    def run(given):
        return protect({"t": Cube(given, layout, "n")}, policy, seed=2)["t"]

    try:
        done = run(table)
    except ProtectionImpossible:
        with pytest.raises(ProtectionImpossible):
            run(table.take(list(order)))
        return
    assert run(table).table.equals(done.table)
    assert run(table.take(list(order))).table.equals(done.table)
    audited = PublishedTable(done.table, layout, "suppress", done.primaries)
    assert audit_tables({"t": audited}, policy)["suppressed"].passed
    shown = zip(done.table["value"].to_pylist(), done.table["sign"].to_pylist(), strict=True)
    assert all((value is None) == (sign == ":") for value, sign in shown)
