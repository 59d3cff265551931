"""Amounts of which few persons have nearly all are hidden with their recipients (dominance.py)."""

import itertools
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from scipy.optimize import linprog

from introstat.disclosure.counts import read_counts
from introstat.disclosure.detail import COUNTRY, COUNTY, Region, Regions
from introstat.disclosure.dominance import (
    dominated_together,
    is_dominated,
    made_of,
    together,
    told_by,
)
from introstat.disclosure.errors import UserError
from introstat.disclosure.layout import Layout
from introstat.disclosure.policy import Policy, policy_from
from introstat.disclosure.protection import Cube, protect
from introstat.disclosure.regional import Regional
from introstat.disclosure.suppress import ProtectionImpossible
from introstat.disclosure.table_audit import PublishedTable, audit_tables

Cell = tuple[str, str]

COUNTIES, SEXES = ("A", "B", "C"), ("1", "2")
INNER = list(itertools.product(COUNTIES, SEXES))
EVERY = list(itertools.product((*COUNTIES, "Total"), (*SEXES, "Total")))
LINES = [(("Total", s), [(r, s) for r in COUNTIES]) for s in (*SEXES, "Total")]
LINES += [((r, "Total"), [(r, s) for s in SEXES]) for r in (*COUNTIES, "Total")]
LAYOUT = Layout(("region", "sex"))
POLICY = Policy("the test", "2026-01-01", dominant_persons=2, dominant_percent=75)
REGIONS = Regions(
    "region", {"Total": Region(COUNTRY)} | {c: Region(COUNTY) for c in COUNTIES}, sizes="paid"
)
REGIONAL = Regional(REGIONS, dict.fromkeys(REGIONS.of, 1000))
ALIKE = {cell: [10] * 8 for cell in INNER}
# Few are men in A and B. One of the nine women there has nearly all of theirs.
IN_TWO = ALIKE | {
    ("A", "1"): [200] * 3,
    ("A", "2"): [500, *[10] * 3],
    ("B", "1"): [10] * 3,
    ("B", "2"): [10] * 5,
    ("C", "2"): [30] * 8,
}


def paid(amounts: dict[Cell, list[int]]) -> Cube:
    """A cube of recipients by region and sex, with what each of them got."""
    counts = [{"region": r, "sex": s, "n": len(amounts.get((r, s), []))} for r, s in INNER]
    persons = [
        {"region": r, "sex": s, "amount": a} for (r, s), each in amounts.items() for a in each
    ]
    return Cube(pa.Table.from_pylist(counts), LAYOUT, "n", amounts=pa.Table.from_pylist(persons))


def covers(cell: Cell) -> list[int]:
    """Which inner cells a cell is the sum of: 1, the others 0."""
    region, sex = cell
    return [int(region in (r, "Total") and sex in (s, "Total")) for r, s in INNER]


def amounts_in(amounts: dict[Cell, list[int]], cell: Cell) -> list[int]:
    """What each recipient of a cell got, the greatest first."""
    own = itertools.compress(INNER, covers(cell))
    return sorted((amount for inner in own for amount in amounts[inner]), reverse=True)


def few_have_nearly_all(amounts: list[int]) -> bool:
    """The rule in its plainest words."""
    greatest = sum(amounts[: POLICY.dominant_persons])
    return 100 * greatest > POLICY.dominant_percent * sum(amounts)


def random_amounts(rng: np.random.Generator) -> dict[Cell, list[int]]:
    some, how_often = [10, 12, 90, 100, 1000], [0.3, 0.3, 0.2, 0.1, 0.1]
    return {cell: rng.choice(some, rng.integers(4, 9), p=how_often).tolist() for cell in INNER}


def released(amounts):
    """The protected cube, and what proves its doubt."""
    proofs = []
    done = protect({"paid": paid(amounts)}, POLICY, proofs=proofs, regional=REGIONAL)
    return done["paid"], proofs[0]


def audited(table, done, proof):
    """The audit of a published table; no list of primary cells tells it where to look."""
    published = PublishedTable(table, LAYOUT, "suppress", done.primaries.slice(0, 0))
    return audit_tables({"paid": published}, POLICY, witnesses=proof, regions=[REGIONS])[
        "suppressed"
    ]


def doubt(cell: Cell, hidden: set[Cell], true: dict[Cell, int]) -> float:
    """How far apart the least and greatest amount of a cell are, by linear programs."""
    told = [covers(other) for other in EVERY if other not in hidden]
    bounds = [(-true[inner], None) if inner in hidden else (0, 0) for inner in INNER]
    ends = []
    for sense in (1, -1):
        goal = [sense * share for share in covers(cell)]
        found = linprog(goal, A_eq=told, b_eq=[0] * len(told), bounds=bounds)
        ends.append(float("inf") if found.status == 3 else abs(found.fun))
    return sum(ends)


def test_what_a_cell_is_made_of_is_counted_out():
    amounts = random_amounts(np.random.default_rng(7))
    cube = paid(amounts)
    counts = read_counts(cube.table, LAYOUT, "n")
    system = counts.system
    parts = made_of(counts, cube.amounts, 3)
    for cell in EVERY:
        each = amounts_in(amounts, cell)
        assert parts[:, system.cell(cell)].tolist() == [sum(each), *each[:3]]
    two = [system.cell(("A", "1")), system.cell(("B", "2"))]
    both = sorted(amounts["A", "1"] + amounts["B", "2"], reverse=True)
    assert together(parts[:, two]).tolist() == [sum(both), *both[:3]]


@pytest.mark.parametrize(
    ("amounts", "dominated"),
    [([50, 25, 13, 12], False), ([50, 26, 12, 12], True), ([1] * 4, False), ([9, 0, 0, 0], True)],
)
def test_an_amount_is_dominated_beyond_the_percent(amounts, dominated):
    """75 percent of two is not yet too much; more is."""
    parts = np.array([[sum(amounts)], [amounts[0]], [amounts[1]]])
    assert bool(is_dominated(parts, POLICY)[0]) == dominated


def test_no_dominated_amount_is_shown_and_each_keeps_its_doubt():
    """Every cell, totals too, of many countries: hidden where few have nearly all, and another
    amount is possible that shows the same. Of what hidden cells have together, where a shown total
    tells it, few have not nearly all either.
    """
    rng = np.random.default_rng(11)
    seen = dominated = unions = 0
    for _ in range(60):
        amounts = random_amounts(rng)
        try:
            done, proof = released(amounts)
        except ProtectionImpossible:
            continue
        seen += 1
        hidden = {(row["region"], row["sex"]) for row in done.table.to_pylist() if row["sign"]}
        true = {cell: sum(amounts_in(amounts, cell)) for cell in INNER}
        for cell in EVERY:
            if few_have_nearly_all(amounts_in(amounts, cell)):
                dominated += 1
                assert cell in hidden
                assert doubt(cell, hidden, true) > 0
        for whole, parts in LINES:
            own = [cell for cell in parts if cell in hidden]
            if whole not in hidden and own:
                together = [amount for cell in own for amount in amounts_in(amounts, cell)]
                assert not few_have_nearly_all(sorted(together, reverse=True))
                unions += len(own) > 1
        assert audited(done.table, done, proof).passed
    assert seen > 30 and dominated > 30 and unions > 30


def test_the_audit_finds_a_dominated_amount_that_is_shown():
    """Though no list of primary cells names it, and it counts eight."""
    amounts = ALIKE | {("A", "1"): [90, 80, *[5] * 6]}
    done, proof = released(amounts)
    assert audited(done.table, done, proof).passed
    rows = done.table.to_pylist()
    for row in rows:
        row |= {"value": len(amounts_in(amounts, (row["region"], row["sex"]))), "sign": ""}
    result = audited(pa.Table.from_pylist(rows, done.table.schema), done, proof)
    assert [bounds.cell for bounds in result.narrow] == ["paid: region=A, sex=1"]


def test_the_audit_finds_what_hidden_cells_have_together():
    done, proof = released(IN_TWO)
    assert audited(done.table, done, proof).passed
    rows = done.table.to_pylist()
    for row in rows:
        cell = row["region"], row["sex"]
        is_hidden = cell in itertools.product("AB", SEXES)
        value = None if is_hidden else len(amounts_in(IN_TWO, cell))
        row |= {"value": value, "sign": ":" if is_hidden else ""}
    result = audited(pa.Table.from_pylist(rows, done.table.schema), done, proof)
    [told] = result.forbidden
    assert told.startswith("paid: of the amount of region=A, sex=2, region=B, sex=2 together")
    assert not result.narrow and not result.passed


def test_what_was_told_stays_told():
    """An earlier version shows the recipients: to hide them again protects nothing."""
    cubes = {"paid": paid(ALIKE | {("A", "1"): [90, 80, *[5] * 6]})}
    value = pa.array([8], pa.int64())
    before = pa.table({"region": ["A"], "sex": ["1"], "value": value, "sign": [""]})
    done = protect(cubes, POLICY, earlier={"paid": [before]}, regional=REGIONAL)["paid"]
    assert not done.primaries.num_rows and ":" not in done.table["sign"].to_pylist()


def test_what_cells_have_together_is_looked_after_where_a_total_tells_it():
    """Both sexes are hidden in A and B. What the women of both have is all women's without C's."""
    counts = read_counts(paid(IN_TWO).table, LAYOUT, "n")
    system = counts.system
    parts = made_of(counts, paid(IN_TWO).amounts, POLICY.dominant_persons)
    hidden = [system.cell(cell) for cell in (("A", "1"), ("A", "2"), ("B", "1"), ("B", "2"))]
    shown = np.ones(system.size, dtype=bool)
    shown[hidden] = False
    nothing = np.zeros(system.size, dtype=bool)
    found = dominated_together(system, parts, (shown, ~nothing, nothing), POLICY)
    assert [each.tolist() for each in found] == [[hidden[1], hidden[3]]]
    assert not dominated_together(system, parts, (shown, ~nothing, shown), POLICY)  # told before
    in_tables = ~nothing
    in_tables[hidden[3]] = False  # B's women stand in totals only
    assert not dominated_together(system, parts, (shown, in_tables, nothing), POLICY)


def test_known_cells_tell_the_last_one_of_a_sum():
    system = read_counts(paid(ALIKE).table, LAYOUT, "n").system
    known = np.zeros(system.size, dtype=bool)
    known[[system.cell(cell) for cell in (("A", "1"), ("A", "2"), ("B", "Total"))]] = True
    told = told_by(system, known)
    assert told[system.cell(("A", "Total"))] and not told[system.cell(("B", "1"))]
    known[system.cell(("Total", "Total"))] = True
    assert told_by(system, known)[system.cell(("C", "Total"))]


def test_what_cannot_be_is_refused_in_words():
    with pytest.raises(UserError, match="suppress it, with `regional`"):
        protect({"paid": replace(paid(ALIKE), method="round")}, POLICY, regional=REGIONAL)
    with pytest.raises(UserError, match="suppress it, with `regional`"):
        protect({"paid": paid(ALIKE)}, POLICY)
    elsewhere = paid({("D", "1"): [5]}).amounts
    lacking = paid(ALIKE | {("A", "1"): [10] * 7}).amounts
    with pytest.raises(UserError, match="7 amounts of region=A, sex=1, and 8 are counted"):
        protect({"paid": replace(paid(ALIKE), amounts=lacking)}, POLICY)
    with pytest.raises(UserError, match="no inner one: 'D'"):
        protect({"paid": replace(paid(ALIKE), amounts=elsewhere)}, POLICY)
    decided = {"decided_by": "the test", "decided_on": "2026-01-01"}
    with pytest.raises(ValueError, match="dominant_percent is 101, expected at most 100"):
        policy_from(decided | {"dominant_percent": 101})
