"""A year and its half-years as one system: what one shows must not give away what another hides."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from introstat.disclosure.counts import read_counts
from introstat.disclosure.detail import COUNTRY, COUNTY, Region, Regions
from introstat.disclosure.finished import finished_counts
from introstat.disclosure.layout import Layout
from introstat.disclosure.linked import Link, Term
from introstat.disclosure.policy import Policy
from introstat.disclosure.protection import Cube, protect
from introstat.disclosure.regional import Regional
from introstat.disclosure.suppress import ProtectionImpossible
from introstat.disclosure.table_audit import PublishedTable, audit_tables

COUNTIES, KINDS = ("A", "B", "C"), ("x", "y")
LAYOUT = Layout(("region", "kind"))
REGIONS = Regions(
    "region", {"Total": Region(COUNTRY)} | {c: Region(COUNTY) for c in COUNTIES}, sizes="year"
)
HALVES = ("H1 year", "H2 year")
LINKS = (
    Link("second", (Term(HALVES[1]),), (Term("year"),), "at_most"),
    Link("both", (Term("year"),), (Term(HALVES[0]), Term(HALVES[1])), "at_most"),
)
SUM = (Link("sum", (Term(HALVES[0]), Term(HALVES[1])), (Term("year"),)),)
LARGEST = 2500  # tables of a period to enumerate at most


def table_of(counts):
    rows = [
        {"region": region, "kind": kind, "n": int(counts[i, k])}
        for i, region in enumerate(COUNTIES)
        for k, kind in enumerate(KINDS)
    ]
    return pa.Table.from_pylist(rows)


def alone(name, counts, policy):
    """A release of one period, protected by itself; None if it cannot be."""
    cube = Cube(table_of(counts), LAYOUT, "n")
    regional = Regional(replace(REGIONS, sizes=name), dict.fromkeys(REGIONS.of, 1000))
    try:
        return protect({name: cube}, policy, regional=regional)[name]
    except ProtectionImpossible:
        return None


def beside(own, counts, finished, policy, links):
    """A release of one of the periods, protected beside the finished others."""
    cubes = {name: Cube(table_of(one), LAYOUT, "n") for name, one in counts.items()}
    proofs = []
    done = protect(
        dict(sorted(cubes.items(), key=lambda item: item[0] != own)),
        policy,
        links,
        proofs=proofs,
        regional=Regional(
            replace(REGIONS, sizes=own),
            dict.fromkeys(REGIONS.of, 1000),
            finished={name: [one.table] for name, one in finished.items()},
            same=dict.fromkeys(finished, own),
        ),
    )
    return done, proofs[0]


def passes(own, tables, done, policy, links, witnesses):
    """Whether the audit passes a release beside finished ones of other periods."""
    published = {
        name: PublishedTable(
            tables[name], LAYOUT, "suppress", done[name].primaries, finished=name != own
        )
        for name in done
    }
    regions = [replace(REGIONS, sizes=own)]
    results = audit_tables(published, policy, links, witnesses=witnesses, regions=regions)
    return results["suppressed"].passed


def possible(table, policy):
    """All tables of inner cells that agree with a published one; None if they are too many."""
    shown, hidden = {}, set()
    for region, kind, value, sign in zip(
        *(table[name].to_pylist() for name in ("region", "kind", "value", "sign")), strict=True
    ):
        if sign == "":
            shown[region, kind] = value
        else:
            hidden.add((region, kind))
    keys = [(region, kind) for region in COUNTIES for kind in KINDS]
    sums = {
        key: np.array([key[0] in ("Total", r) and key[1] in ("Total", k) for r, k in keys])
        for key in (*shown, *hidden)
    }
    tables = np.zeros((1, 0), dtype=np.int64)
    for number, key in enumerate(keys):
        rest = [
            shown[code] - tables @ parts[:number] for code, parts in sums.items()
            if code in shown and parts[number]
        ]  # fmt: skip
        if not rest:
            return None, sums  # the whole is hidden: nothing bounds it
        room = np.min(rest, axis=0)
        tables = np.repeat(tables, np.maximum(room + 1, 0), axis=0)
        column = np.concatenate([np.arange(most + 1) for most in room if most >= 0] or [[]])
        tables = np.column_stack([tables, column.astype(np.int64)])
        for code, parts in sums.items():
            if code in shown and not parts[number + 1 :].any():
                tables = tables[tables @ parts[: number + 1] == shown[code]]
        if len(tables) > 50 * LARGEST or not len(tables):
            break
        assert key in sums
    if len(tables) > LARGEST:
        return None, sums
    for code in hidden:
        tables = tables[tables @ sums[code] >= policy.least_hidden]
    return tables, sums


def widths(tables, policy, adds_up):
    """How wide the interval of each cell of each period is, over all tables of the three."""
    spaces = {}
    for name, table in tables.items():
        spaces[name], sums = possible(table, policy)
        if spaces[name] is None:
            return None
    year, first, second = (spaces[name] for name in ("year", *HALVES))
    kept = {name: np.zeros(len(space), dtype=bool) for name, space in spaces.items()}
    for number, one in enumerate(year):
        seconds = np.flatnonzero((second <= one).all(axis=1))
        rest = (one - second[seconds])[:, None]
        fits = ((first == rest) if adds_up else (first >= rest)).all(axis=2)
        kept["year"][number] = fits.any()
        kept[HALVES[1]][seconds[fits.any(axis=1)]] = True
        kept[HALVES[0]] |= fits.any(axis=0)
    return {
        name: {code: int(np.ptp(space[kept[name]] @ parts)) for code, parts in sums.items()}
        for name, space in spaces.items()
    }


def narrow_small_cells(counts, tables, policy, adds_up):
    """The small counts of the three periods that all of it together tells too closely."""
    found = widths(tables, policy, adds_up)
    if found is None:
        return None
    narrow = []
    for name, own in counts.items():
        for code, width in found[name].items():
            rows = [i for i, r in enumerate(COUNTIES) if code[0] in ("Total", r)]
            columns = [k for k, kind in enumerate(KINDS) if code[1] in ("Total", kind)]
            count = own[np.ix_(rows, columns)].sum()
            if policy.hide_from <= count <= policy.hide_to and width < policy.min_width:
                narrow.append((name, code))
    return narrow


def random_periods(rng, adds_up):
    """Counts of a year and its half-years, of persons who are in one or in both of them."""
    some = [0, 1, 2, 3, 5]
    first, second = (rng.choice(some, (3, 2), p=[0.35, 0.2, 0.2, 0.1, 0.15]) for _ in range(2))
    both = np.zeros((3, 2), dtype=np.int64)
    if not adds_up:
        both = np.minimum(rng.choice([0, 0, 1, 2], (3, 2)), np.minimum(first, second))
    return {"year": first + second - both, HALVES[0]: first, HALVES[1]: second}


def check(rng):
    """Enumeration finds nothing in what is protected together; the audit says so too, and says of
    releases made apart what enumeration says. Returns what was seen.
    """
    adds_up = bool(rng.random() < 0.4)
    links = SUM if adds_up else LINKS
    policy = Policy("the test", "2026-01-01", zeros=str(rng.choice(["publish", "may_hide"])))
    counts = random_periods(rng, adds_up)
    own = str(rng.choice(["year", HALVES[1]]))
    finished = {name: alone(name, counts[name], policy) for name in counts if name != own}
    if None in finished.values():
        return "nothing finished"
    try:
        done, proof = beside(own, counts, finished, policy, links)
    except ProtectionImpossible:
        return "impossible"
    tables = {name: one.table for name, one in finished.items()} | {own: done[own].table}
    assert passes(own, tables, done, policy, links, proof)
    narrow = narrow_small_cells(counts, tables, policy, adds_up)
    if narrow is None:
        return "too many"
    assert not narrow
    apart = alone(own, counts[own], policy)
    tables |= {own: apart.table if apart else tables[own]}
    narrow = narrow_small_cells(counts, tables, policy, adds_up)
    if narrow is None:
        return "too many"
    assert passes(own, tables, done, policy, links, proof) == (not narrow)
    return "apart it is not safe" if narrow else "apart it is safe too"


def test_a_number_that_was_revised_tells_nothing_of_the_count_now():
    """Two versions: A had 4 of x, and has 5 now; B has 7 in all; C was left out at first."""
    counts = read_counts(table_of(np.array([[5, 0], [7, 0], [9, 0]])), LAYOUT, "n")
    first, second = (
        pa.table({"region": ["A", "B", "C"], "kind": ["x"] * 3, "value": values, "sign": signs})
        for values, signs in (([4, 7, None], ["", "", "..."]), ([4, 7, None], ["", "", ":"]))
    )
    seen = finished_counts(counts, [first, second], LAYOUT)
    cell = {region: counts.system.cell((region, "x")) for region in COUNTIES}
    assert [bool(seen.known[cell[region]]) for region in COUNTIES] == [False, True, False]
    assert [bool(seen.left_out[cell[region]]) for region in COUNTIES] == [True, False, False]
    assert len(seen.published.cells) == 3
    now = pa.table({"region": ["A"], "kind": ["x"], "value": [5], "sign": [""]})
    assert finished_counts(counts, [first, now], LAYOUT).known[cell["A"]]


def test_what_was_nobody_then_may_be_nobody_as_far_as_a_reader_knows():
    """In A none of 4 was x in the first half-year, and one of them is now. Were both hidden cells,
    1 and 3, known to be somebody, nothing could give them their doubt.
    """
    then, second = np.array([[0, 4], [5, 5], [6, 6]]), np.array([[5, 5], [6, 7], [7, 8]])
    now = np.array([[1, 3], [5, 5], [6, 6]])
    policy = Policy("the test", "2026-01-01")
    finished = {
        half: alone(half, counts, policy)
        for half, counts in zip(HALVES, (then, second), strict=True)
    }
    counts = {"year": now + second, HALVES[0]: now, HALVES[1]: second}
    done, proof = beside("year", counts, finished, policy, LINKS)
    tables = {half: one.table for half, one in finished.items()} | {"year": done["year"].table}
    assert passes("year", tables, done, policy, LINKS, proof)


def test_no_enumeration_narrows_what_is_protected_beside_other_periods():
    rng = np.random.default_rng(32)
    seen = [check(rng) for _ in range(20)]
    assert "apart it is not safe" in seen and "apart it is safe too" in seen


@pytest.mark.slow
def test_no_enumeration_narrows_thousands_of_them():
    rng = np.random.default_rng(32)
    seen = [check(rng) for _ in range(5200)]
    assert seen.count("apart it is not safe") > 700 and seen.count("apart it is safe too") > 700
