"""Whole groups: the outcome that nearly all of a group have is not told, or is listed."""

import itertools
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from introstat.disclosure.counts import read_counts
from introstat.disclosure.errors import UserError
from introstat.disclosure.layout import CodeList, Layout
from introstat.disclosure.linked import Link, Term
from introstat.disclosure.policy import policy_from
from introstat.disclosure.protection import Cube, protect
from introstat.disclosure.published import read_published
from introstat.disclosure.regional import Regional
from introstat.disclosure.report import publication_table
from introstat.disclosure.suppress import ProtectionImpossible
from introstat.disclosure.table_audit import PublishedTable, audit_tables
from tests.python.test_disclosure_brute_force import possible_tables
from tests.python.test_disclosure_levels import COUNTIES, MEMBERS, layout, regions

NAME, OUTCOMES = "exits", ("work", "school", "aid")
GIVEN = {"decided_by": "the test", "decided_on": "2026-01-01"}
SETTINGS = GIVEN | {
    "zeros": "may_hide",
    "whole_groups": "protect",
    "sensitive": {NAME: "outcome"},
}
PROTECT = policy_from(SETTINGS)
ALLOW = policy_from(SETTINGS | {"whole_groups": "allow"})
BY_PLACE = Layout(("place", "outcome"))
IN_WORK = CodeList("outcome", "kind", (("work", "good"), ("school", "good"), ("aid", "bad")))


def table_of(rows: dict[str, tuple[int, ...]], place: str = "place") -> pa.Table:
    """Counts by place and outcome."""
    return pa.Table.from_pylist(
        [
            {place: code, "outcome": outcome, "n": n}
            for code, counts in rows.items()
            for outcome, n in zip(OUTCOMES, counts, strict=False)
        ]
    )


FOURTEEN = table_of({"A": (0, 0, 14), "B": (9, 2, 6), "C": (5, 8, 10)})


def protected(table, policy, shape=BY_PLACE, **more):
    """The cube as it may be published, and what proves it."""
    proofs = []
    done = protect({NAME: Cube(table, shape, "n")}, policy, proofs=proofs, **more)[NAME]
    return done, proofs[0]


def audited(done, policy, witnesses=None, regional=None, table=None):
    one = PublishedTable(table or done.table, done.layout, done.method, done.primaries)
    results = audit_tables(
        {NAME: one}, policy, witnesses=witnesses, regions=[regional] if regional else []
    )
    return results["suppressed"]


def groups_by_hand(counts, policy):
    """The cells of each whole group: of all, and of each outcome outside the one that all have."""
    system = counts.system
    axis = system.axis_of("outcome")
    dimension = system.dimensions[axis]
    codes = [list(d.node_of) for k, d in enumerate(system.dimensions) if k != axis]
    for others in itertools.product(*codes):
        at = [*others[:axis], "", *others[axis:]]

        def cell(code, at=at):
            return system.cell([*at[:axis], code, *at[axis + 1 :]])

        everybody = counts.values[cell("Total")]
        for code, node in dimension.node_of.items():
            leaves = [dimension.leaves[k] for k in dimension.leaves_of[node]]
            rest = [cell(leaf) for leaf in dimension.leaves if leaf not in leaves]
            few = counts.values[rest].sum() <= policy.all_but
            if rest and code != "Total" and everybody >= policy.group_from and few:
                yield at, rest


# --- the policy


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"whole_groups": "hide"}, "whole_groups is 'hide', expected allow or protect"),
        ({"zeros": "publish"}, "Set zeros to may_hide, or whole_groups to allow"),
        ({"group_from": 0}, "group_from is 0, expected a whole number of at least 1"),
        ({"all_but": -1}, "all_but is -1, expected a whole number of at least 0"),
        ({"all_but": 2}, "all_but is 2, expected less than half of group_from \\(4\\)"),
        ({"all_but": 3, "group_from": 9}, "all_but is 3, expected less than min_width \\(3\\)"),
        ({"sensitive": None}, "sensitive is empty"),
        ({"sensitive": ["exits"]}, "expected the outcome's dimension by count table"),
        ({"sensitive": {"exits": 7}}, "expected the outcome's dimension by count table"),
        ({"sensitve": {}}, "unknown setting sensitve"),
    ],
)
def test_settings_of_whole_groups_that_do_not_hold_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        policy_from(SETTINGS | change)


def test_a_policy_that_says_nothing_of_whole_groups_allows_them():
    policy = policy_from(GIVEN)
    assert (policy.whole_groups, policy.sensitive) == ("allow", {})


def test_an_outcome_that_the_table_does_not_have_is_refused():
    with pytest.raises(UserError, match=r"calls reason of exits sensitive; expected .* outcome"):
        protected(FOURTEEN, replace(PROTECT, sensitive={NAME: "reason"}))


# --- what is shown, hidden and listed


def test_a_group_of_fourteen_with_one_outcome_is_shown_and_listed_or_hidden():
    shown, proof = protected(FOURTEEN, ALLOW)
    result = audited(shown, ALLOW, proof)
    [told] = result.whole_groups
    assert (told.table, told.persons, told.others) == (NAME, 14, 0)
    assert (told.cell, told.outcome) == (
        "exits: place=A, outcome=Total",
        "exits: place=A, outcome=aid",
    )
    assert result.passed
    hidden, proof = protected(FOURTEEN, PROTECT)
    signs = {(r["place"], r["outcome"]): r["sign"] for r in hidden.table.to_pylist()}
    assert signs["A", "aid"] == ":" and signs["A", "Total"] == ""
    for witnesses in (proof, None):
        result = audited(hidden, PROTECT, witnesses)
        assert result.passed and result.whole_groups == ()


def test_a_table_made_for_another_policy_fails_the_audit():
    """Every number of it could be shown: only the policy of whole groups is broken."""
    shown, proof = protected(FOURTEEN, ALLOW)
    for witnesses in (replace(proof, moves=()), None):
        result = audited(shown, PROTECT, witnesses)
        [narrow] = result.narrow
        assert not result.passed and len(result.whole_groups) == 1
        assert narrow.cell.startswith("exits: place=A, outcome=Total, those not in place=A")
        assert (narrow.low, narrow.high) == (0, 0)


def test_a_rest_that_can_be_worked_out_fails_the_audit():
    """The outcome of A is hidden, and so is a zero beside it; a shown sum gives them away."""
    done, proof = protected(FOURTEEN, PROTECT)
    rows = done.table.to_pylist()
    counts = read_counts(FOURTEEN, BY_PLACE, "n")
    for row in rows:
        if row["place"] == "B":
            row["value"] = int(counts.values[counts.system.cell(("B", row["outcome"]))])
            row["sign"] = ""
    for row in rows:
        if row["place"] == "C" and row["outcome"] in ("work", "school"):
            row["value"] = int(counts.values[counts.system.cell(("C", row["outcome"]))])
            row["sign"] = ""
    planted = pa.Table.from_pylist(rows, done.table.schema)
    signs = {(r["place"], r["outcome"]): r["sign"] for r in rows}
    assert signs["A", "aid"] == ":"
    for witnesses in (replace(proof, moves=()), None):
        result = audited(done, PROTECT, witnesses, table=planted)
        assert any("those not in place=A, outcome=aid" in one.cell for one in result.narrow)


def test_one_of_many_with_another_outcome_is_protected_as_the_policy_says():
    table = table_of({"A": (1, 0, 13), "B": (9, 12, 6), "C": (5, 8, 10)})
    one_off = replace(PROTECT, all_but=1, hide_from=2)  # one person is no secret by himself
    shown, proof = protected(table, replace(one_off, whole_groups="allow"))
    [told] = audited(shown, one_off).whole_groups
    assert (told.persons, told.others) == (14, 1)
    assert not audited(shown, one_off, replace(proof, moves=())).passed
    assert audited(shown, replace(one_off, all_but=0)).passed
    done, proof = protected(table, one_off)
    assert audited(done, one_off, proof).passed
    published = read_published([done.table], BY_PLACE)
    tables = possible_tables(published, 0, 500_000)
    rest = [published.system.cell(("A", code)) for code in ("work", "school")]
    sums = tables[:, rest].sum(axis=1)
    assert sums.max() - sums.min() >= 3


def test_a_group_of_outcomes_that_all_have_is_an_outcome():
    table = table_of({"A": (6, 8, 0), "B": (9, 12, 6), "C": (5, 8, 10)})
    shape = replace(BY_PLACE, hierarchies=(IN_WORK,))
    shown, proof = protected(table, ALLOW, shape)
    [told] = audited(shown, ALLOW, proof).whole_groups
    assert told.outcome == "exits: place=A, outcome=good"
    done, proof = protected(table, PROTECT, shape)
    assert audited(done, PROTECT, proof).passed
    assert not audited(shown, PROTECT).passed


def test_what_an_earlier_release_told_is_refused_by_name():
    before, _ = protected(FOURTEEN, ALLOW)
    with pytest.raises(ProtectionImpossible, match=r"same outcome.*\n  place=A, outcome=Total"):
        protect({NAME: Cube(FOURTEEN, BY_PLACE, "n")}, PROTECT, (), {NAME: [before.table]})


def test_a_link_that_tells_the_rest_is_seen_by_both_sides():
    """The same exits are counted in another table, of which nothing is called sensitive."""
    link = Link("the same exits", (Term(NAME),), (Term("again"),))
    cubes = {name: Cube(FOURTEEN, BY_PLACE, "n") for name in (NAME, "again")}
    done = protect(cubes, PROTECT, [link])
    tables = {
        name: PublishedTable(one.table, one.layout, one.method, one.primaries)
        for name, one in done.items()
    }
    assert audit_tables(tables, PROTECT, [link])["suppressed"].passed
    shown = publication_table(
        counts := read_counts(FOURTEEN, BY_PLACE, "n"),
        counts.values,
        counts.values == 2,
    )
    tables["again"] = replace(tables["again"], table=shown)
    assert not audit_tables(tables, PROTECT, [link])["suppressed"].passed


# --- against every possible table


def random_rows(rng, places, outcomes=3):
    """Counts by place; in every third place all, or all but one, have one outcome."""
    rows = {}
    for place in places:
        counts = rng.choice([0, 1, 2, 4, 5], p=[0.3, 0.2, 0.1, 0.2, 0.2], size=outcomes)
        if rng.random() < 0.4:
            counts = np.zeros(outcomes, dtype=np.int64)
            counts[rng.integers(outcomes)] = rng.integers(4, 7)
            counts[rng.integers(outcomes)] += rng.integers(0, 2)
        rows[place] = tuple(counts.tolist())
    return rows


def random_policy(rng):
    return replace(
        PROTECT,
        group_from=int(rng.integers(3, 6)),
        all_but=int(rng.integers(0, 2)),
        min_width=int(rng.integers(2, 4)),
    )


def check_against_truth(done, counts, policy, possible):
    """No reader can tell the outcome of a whole group: its rest spreads as far as asked."""
    published = read_published([done.table], done.layout)
    found = possible(published)
    if found is None:
        return 0
    told = 0
    for at, rest in groups_by_hand(counts, policy):
        same = [published.system.cell(names_of(counts.system, cell)) for cell in rest]
        sums = found[:, same].sum(axis=1)
        assert sums.max() - sums.min() >= policy.min_width, at
        assert sums.max() > policy.all_but, at
        told += 1
    return told


def names_of(system, cell):
    nodes = np.unravel_index(cell, system.shape)
    return [
        next(code for code, own in d.node_of.items() if own == node)
        for d, node in zip(system.dimensions, nodes, strict=True)
    ]


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))]
)
def test_no_reader_can_tell_the_outcome_of_a_whole_group(seed):
    rng = np.random.default_rng(seed)
    told = refused = 0
    for _ in range(40):
        policy = random_policy(rng)
        shape = replace(BY_PLACE, hierarchies=(IN_WORK,)) if rng.random() < 0.5 else BY_PLACE
        table = table_of(random_rows(rng, ("A", "B", "C")))
        counts = read_counts(table, shape, "n")
        try:
            done, proof = protected(table, policy, shape)
        except ProtectionImpossible:
            refused += 1
            continue
        assert audited(done, policy, proof).passed
        assert audited(done, policy).passed
        told += check_against_truth(
            done, counts, policy, lambda published: possible_tables(published, 0, 20_000)
        )
    assert told > 15 and refused < 20


def test_the_audit_of_any_hiding_says_what_enumeration_says():
    """Cells hidden at random: the audit fails where a whole group's rest is told, no other."""
    rng = np.random.default_rng(5)
    failed = passed = 0
    for _ in range(60):
        policy = replace(random_policy(rng), hide_from=8, hide_to=8, min_width=2)
        table = table_of(random_rows(rng, ("A", "B")))
        counts = read_counts(table, BY_PLACE, "n")
        hidden = rng.random(counts.system.size) < 0.7
        hidden[counts.system.grand_totals] = False
        published = publication_table(counts, counts.values, hidden)
        found = possible_tables(read_published([published], BY_PLACE), 0, 100_000)
        if found is None:
            continue
        narrow = False
        for _, rest in groups_by_hand(counts, policy):
            sums = found[:, rest].sum(axis=1)
            narrow |= bool(sums.max() - sums.min() < policy.min_width)
        none = pa.table({"place": pa.array([], pa.string()), "outcome": pa.array([], pa.string())})
        one = PublishedTable(published, BY_PLACE, "suppress", none)
        base = {NAME: counts.values}
        result = audit_tables({NAME: one}, policy, witnesses=witnesses_of(base))["suppressed"]
        assert bool(result.narrow) == narrow
        failed, passed = failed + narrow, passed + (not narrow)
    assert failed > 10 and passed > 10


def witnesses_of(base):
    from introstat.disclosure.table_audit import Witnesses

    return Witnesses(base, ())


def test_in_a_tiny_country_no_reader_can_tell_the_outcome_of_a_whole_group():
    rng = np.random.default_rng(8)
    told = 0
    for _ in range(16):
        policy = replace(random_policy(rng), county_expects=0, municipality_expects=0, main_from=0)
        rows = random_rows(rng, MEMBERS, outcomes=2)
        table, shape = table_of(rows, "region"), layout(("region", "outcome"))
        counts = read_counts(table, shape, "n")
        sizes = {c: 20 for c in (*MEMBERS, *COUNTIES, "0")}
        own = replace(regions(), sizes=NAME, persons=NAME)
        try:
            done, proof = protected(table, policy, shape, regional=Regional(own, sizes))
        except ProtectionImpossible:
            continue
        assert audited(done, policy, proof, own).passed
        told += check_against_truth(
            done, counts, policy, lambda published: possible_tables(published, 0, 1_000)
        )
    assert told > 5


def test_what_sums_tell_of_a_group_without_detail_is_tested_too():
    """All municipalities of a county but one show their outcomes; that one shows its number."""
    rows = {"A1": (8, 9, 10), "A2": (0, 0, 6), "A3": (7, 8, 6), "B1": (9, 5, 8), "B2": (6, 9, 9)}
    table, shape = table_of(rows, "region"), layout(("region", "outcome"))
    sizes = dict.fromkeys((*MEMBERS, *COUNTIES, "0"), 1000) | {"A2": 6}
    policy = replace(PROTECT, county_expects=0, municipality_expects=4, main_from=0)
    own = replace(regions(), main={NAME: {"outcome": ("Total",)}})
    signs = {}
    for each in (policy, replace(policy, whole_groups="allow")):
        done, proof = protected(table, each, shape, regional=Regional(own, sizes))
        assert audited(done, each, proof, own).passed
        signs[each.whole_groups] = [
            row["sign"] for row in done.table.to_pylist() if row["region"] != "A2"
        ]
        left_out = [r["outcome"] for r in done.table.to_pylist() if r["sign"] == "..."]
        assert sorted(left_out) == sorted(OUTCOMES)
    assert ":" not in signs["allow"]
    assert ":" in signs["protect"]
