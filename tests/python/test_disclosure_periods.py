"""A year and its half-years as one system: what one shows must not give away what another hides."""

import numpy as np
import pyarrow as pa
import pytest

from introstat.disclosure.detail import COUNTRY, COUNTY, Region, Regions
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
    "region",
    {"Total": Region(COUNTRY)} | {code: Region(COUNTY) for code in COUNTIES},
    sizes="year",
)
HALVES = ("H1 year", "H2 year")
LINKS = (
    Link("second", (Term(HALVES[1]),), (Term("year"),), "at_most"),
    Link("both", (Term("year"),), (Term(HALVES[0]), Term(HALVES[1])), "at_most"),
)
SUM = (Link("sum", (Term(HALVES[0]), Term(HALVES[1])), (Term("year"),)),)
LARGEST = 250  # tables of a period to enumerate at most


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
    regional = Regional(
        Regions(REGIONS.dimension, REGIONS.of, sizes=name), dict.fromkeys(REGIONS.of, 1000)
    )
    try:
        return protect({name: cube}, policy, regional=regional)[name]
    except ProtectionImpossible:
        return None


def beside(year, halves, finished, policy, links):
    """The year, protected beside the finished half-years."""
    cubes = {"year": Cube(table_of(year), LAYOUT, "n")} | {
        name: Cube(table_of(half), LAYOUT, "n") for name, half in zip(HALVES, halves, strict=True)
    }
    proofs = []
    done = protect(
        cubes,
        policy,
        links,
        proofs=proofs,
        regional=Regional(
            REGIONS,
            dict.fromkeys(REGIONS.of, 1000),
            finished={name: [one.table] for name, one in finished.items()},
            same=dict.fromkeys(finished, "year"),
        ),
    )
    return done, proofs[0]


def result_of(tables, primaries, policy, links, witnesses):
    """What the audit says of a year's table beside those of its half-years."""
    published = {
        name: PublishedTable(table, LAYOUT, "suppress", primaries[name], finished=name != "year")
        for name, table in tables.items()
    }
    return audit_tables(published, policy, links, witnesses=witnesses, regions=[REGIONS])[
        "suppressed"
    ]


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
        room = np.min(rest, axis=0)
        tables = np.repeat(tables, np.maximum(room + 1, 0), axis=0)
        column = np.concatenate([np.arange(most + 1) for most in room if most >= 0] or [[]])
        tables = np.column_stack([tables, column.astype(np.int64)])
        for code, parts in sums.items():
            if code in shown and not parts[number + 1 :].any():
                tables = tables[tables @ parts[: number + 1] == shown[code]]
        if len(tables) > 20 * LARGEST or not len(tables):
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
        for other in seconds:
            rest = one - second[other]
            fits = (first == rest) if adds_up else (first >= rest)
            firsts = np.flatnonzero(fits.all(axis=1))
            if len(firsts):
                kept["year"][number] = kept[HALVES[1]][other] = True
                kept[HALVES[0]][firsts] = True
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
    some = [0, 1, 2, 3, 4, 6]
    first, second = (rng.choice(some, (3, 2), p=[0.3, 0.2, 0.2, 0.1, 0.1, 0.1]) for _ in range(2))
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
    finished = {name: alone(name, counts[name], policy) for name in HALVES}
    if None in finished.values():
        return "no half-year"
    halves = [counts[name] for name in HALVES]
    seen = "together"
    try:
        done, proof = beside(counts["year"], halves, finished, policy, links)
    except ProtectionImpossible:
        return "no year"
    tables = {"year": done["year"].table} | {n: one.table for n, one in finished.items()}
    primaries = {name: one.primaries for name, one in done.items()}
    assert result_of(tables, primaries, policy, links, proof).passed
    narrow = narrow_small_cells(counts, tables, policy, adds_up)
    if narrow is None:
        return "too many"
    assert not narrow
    apart = alone("year", counts["year"], policy)
    if apart is not None:
        tables["year"] = apart.table
        narrow = narrow_small_cells(counts, tables, policy, adds_up)
        if narrow is not None:
            assert result_of(tables, primaries, policy, links, proof).passed == (not narrow)
            seen = "apart it is not safe" if narrow else "apart it is safe too"
    return seen


@pytest.mark.parametrize("seed", range(4))
def test_no_enumeration_narrows_what_is_protected_beside_finished_half_years(seed):
    rng = np.random.default_rng([32, seed])
    seen = [check(rng) for _ in range(30)]
    assert "apart it is not safe" in seen and "apart it is safe too" in seen


@pytest.mark.slow
def test_no_enumeration_narrows_thousands_of_years_beside_their_half_years():
    rng = np.random.default_rng(32)
    seen = [check(rng) for _ in range(3000)]
    assert seen.count("apart it is not safe") > 300 and seen.count("apart it is safe too") > 300
