"""Disclosure control at the edges of its limits: what counts, is known, and proves nothing."""

import numpy as np
import pyarrow as pa
import pytest

from introstat.disclosure.audit import audit
from introstat.disclosure.counts import pool_rare_categories, primary_cells, read_counts
from introstat.disclosure.layout import CodeList, Layout
from introstat.disclosure.policy import Policy
from introstat.disclosure.protection import Cube, protect
from introstat.disclosure.published import read_published
from introstat.disclosure.table_audit import PublishedTable, audit_tables

PUBLISH = Policy("the test", "2026-01-01", zeros="publish")
MAY_HIDE = Policy("the test", "2026-01-01", zeros="may_hide")
ONE = Layout(("c",))


def table_of(counts, **columns):
    return pa.table({"c": list(counts), "n": list(counts.values())} | columns)


def file_of(cells):
    """A published file from a mapping of codes to a number or a sign."""
    return pa.table({"c": list(cells), "value": [str(value) for value in cells.values()]})


@pytest.mark.parametrize(
    ("policy", "zero_on_few"), [(PUBLISH, False), (MAY_HIDE, True)], ids=["publish", "may_hide"]
)
def test_a_figure_of_as_many_persons_as_the_policy_asks_is_shown(policy, zero_on_few):
    amounts = {"nobody": 500, "one": 500, "three": 500, "four": 500, "zero": 0}
    counts = read_counts(table_of(amounts), ONE, "n")
    persons = np.full(counts.system.size, 99)
    for code, behind in (("nobody", 0), ("one", 1), ("three", 3), ("four", 4), ("zero", 2)):
        persons[counts.system.cell((code,))] = behind
    primary = primary_cells(counts, policy, persons)
    hidden = {code for code in amounts if primary[counts.system.cell((code,))]}
    assert hidden == {"one", "three"} | ({"zero"} if zero_on_few else set())


def test_a_cell_that_no_table_shows_is_judged_as_those_that_do():
    """Protected addresses are in the country only: the rest of it is they."""
    layout = Layout(("c",), unpublished={"c": ("9999",)})
    counts = read_counts(table_of({"a": 20, "b": 30, "9999": 2}), layout, "n")
    primary = primary_cells(counts, PUBLISH)
    assert np.flatnonzero(primary).tolist() == [counts.system.cell(("9999",))]
    shown = read_published([file_of({"a": 20, "b": 30, "Total": 52})], layout)
    [row] = [row for row, codes in enumerate(shown.row_codes) if codes == ("9999",)]
    narrow = audit(shown, PUBLISH, [row]).narrow
    assert [(each.cell, each.low, each.high) for each in narrow] == [("c=9999", 2, 2)]


def test_a_code_that_no_table_shows_counts_though_the_file_has_none():
    layout = Layout(("c",), unpublished={"c": ("9999",)})
    shown = read_published([file_of({"a": 20, "b": 30, "Total": 50})], layout)
    assert ("9999",) in shown.row_codes and shown.withheld == 1


def test_one_rare_code_takes_the_smallest_other_into_the_pool():
    def pooled(**counts):
        made = pool_rare_categories(table_of(counts), "c", "n", PUBLISH)
        return dict(zip(made["c"].to_pylist(), made["n"].to_pylist(), strict=True))

    assert pooled(a=9, b=40, d=12) == {"other": 21, "b": 40}
    assert pooled(a=10, b=40, d=12) == {"a": 10, "b": 40, "d": 12}
    assert pooled(a=9, b=40, d=1) == {"other": 10, "b": 40}


@pytest.mark.parametrize("number", [1, 3])
def test_each_end_of_the_policys_range_is_forbidden(number):
    shown = read_published([file_of({"a": number, "b": 5, "Total": number + 5})], ONE)
    assert audit(shown, PUBLISH).forbidden == (f"c=a: {number}",)


@pytest.mark.parametrize("number", [0, 4])
def test_what_lies_beside_the_policys_range_is_not(number):
    shown = read_published([file_of({"a": number, "b": 5, "Total": number + 5})], ONE)
    assert audit(shown, PUBLISH).passed


def test_an_offered_table_that_does_not_add_up_proves_nothing():
    """The sums of pairs leave a = b = c = 2 alone; a table with another a keeps all bounds."""
    pairs = {"ab": ("a", "b"), "bc": ("b", "c"), "ac": ("a", "c")}
    rest = {"ab": "c", "bc": "a", "ac": "b"}
    lists = tuple(
        CodeList("c", name, (*((code, name) for code in pair), (rest[name], f"{rest[name]}_")))
        for name, pair in pairs.items()
    )
    hidden = dict.fromkeys(("a", "b", "c", "a_", "b_", "c_"), ":")
    cells = hidden | dict.fromkeys(pairs, 4)
    shown = read_published([file_of(cells)], Layout(("c",), lists, {"c": None}))
    base = np.zeros(shown.system.size, dtype=np.int64)
    for code in cells:
        base[shown.system.cell((code,))] = 4 if code in pairs else 2
    cell = np.array([shown.system.cell(("a",))])
    wrong = [(cell, np.array([2])), (cell, np.array([-2]))]
    result = audit(shown, MAY_HIDE, base=base, moves=wrong)
    assert ("c=a", 2, 2) in [(each.cell, each.low, each.high) for each in result.narrow]


def test_what_is_missing_is_not_hidden():
    """Nobody has protected it, so nothing is tested, and it may be nobody."""
    shown = read_published([file_of({"a": "..", "b": ":", "d": 5, "Total": 9})], ONE)
    assert shown.hidden.tolist() == [shown.system.cell(("b",))]


def test_an_earlier_number_of_a_count_that_was_revised_is_not_known():
    cube = {"t": Cube(table_of({"a": 2, "b": 9, "d": 30}), ONE, "n")}
    told_before = file_of({"a": 4, "b": 8, "d": 30, "Total": 42})
    done = protect(cube, PUBLISH, earlier={"t": [told_before]})["t"]
    signs = dict(zip(done.table["c"].to_pylist(), done.table["sign"].to_pylist(), strict=True))
    assert signs == {"Total": "", "a": ":", "b": ":", "d": ""}


def test_figures_taken_for_unrevised_are_audited_though_others_were_revised():
    """The total says that something was revised: a reader who knows it still gets no further."""
    earlier = file_of({"a": ":", "b": ":", "d": 9, "Total": 20})
    now = file_of({"a": ":", "b": 8, "d": ":", "Total": 21})
    results = audit_tables({"t": PublishedTable(now, ONE, "suppress", None, [earlier])}, PUBLISH)
    assert {name: result.passed for name, result in results.items()} == {
        "suppressed": True,
        "suppressed, figures taken for unrevised": True,
    }
