"""Protection by levels of regions: the rule for detail, what is left out, and the search."""

import itertools
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from introstat.disclosure.audit import _offered, audit
from introstat.disclosure.counts import read_counts
from introstat.disclosure.detail import (
    COUNTRY,
    COUNTY,
    MUNICIPALITY,
    Region,
    Regions,
    sizes_of_table,
)
from introstat.disclosure.layout import CodeList, Layout
from introstat.disclosure.levels import LevelSearch
from introstat.disclosure.linked import Link, Term
from introstat.disclosure.policy import Policy
from introstat.disclosure.protection import Cube, protect
from introstat.disclosure.published import LEFT_OUT, as_published, read_published
from introstat.disclosure.regional import Regional, with_regions
from introstat.disclosure.suppress import ProtectionImpossible
from introstat.disclosure.table_audit import PublishedTable, audit_tables
from tests.python.test_disclosure_brute_force import possible_tables

POLICY = Policy("the test", "2026-01-01", county_expects=3, municipality_expects=5, main_from=10)
COUNTIES = {"A": ("A1", "A2", "A3"), "B": ("B1", "B2")}
SEXES, AGES = ("1", "2"), ("young", "old")
MEMBERS = [code for codes in COUNTIES.values() for code in codes]


def regions(main: bool = False) -> Regions:
    of = {"0": Region(COUNTRY)}
    for number, (county, codes) in enumerate(COUNTIES.items()):
        of[county] = Region(COUNTY)
        of |= {code: Region(MUNICIPALITY, number) for code in codes}
    totals = {"age": ("Total", "young", "old"), "sex": ("Total",)}
    return Regions("region", of, "sizes", {"persons": totals} if main else {}, persons="persons")


def layout(dims: tuple[str, ...]) -> Layout:
    pairs = [(code, county) for county, codes in COUNTIES.items() for code in codes]
    pairs += [(county, "0") for county in COUNTIES]
    return Layout(dims, (CodeList("region", "county", tuple(pairs)),), {"region": "0"})


def table_of(count_of: dict[tuple[str, ...], int]) -> pa.Table:
    rows = [
        {"region": region, "sex": sex, "age": age, "n": count_of.get((region, sex, age), 0)}
        for region in MEMBERS
        for sex in SEXES
        for age in AGES
    ]
    return pa.Table.from_pylist(rows)


def signs_of(counts, sizes, policy=POLICY, main=False) -> dict[tuple[str, ...], bool]:
    placed = with_regions(counts, "persons", Regional(regions(main), sizes), policy)
    cells = placed.published.cells
    return dict(zip(placed.published.codes, placed.left_out[cells].tolist(), strict=True))


@pytest.fixture
def counts():
    """100 persons: half of each sex, 90 young; A1 60, A2 20, A3 4, B1 12, B2 4."""
    per = {"A1": 60, "A2": 20, "A3": 4, "B1": 12, "B2": 4}
    count_of = {}
    for region, size in per.items():
        old = size // 10
        count_of |= {(region, "1", "young"): size // 2 - old, (region, "2", "young"): size // 2}
        count_of[region, "1", "old"] = old
    count_of["A1", "2", "young"], count_of["A1", "2", "old"] = 29, 1
    return read_counts(table_of(count_of), layout(("region", "sex", "age")), "n")


def sizes_of(counts) -> dict[str, int]:
    system = counts.system
    return {
        code: int(counts.values[system.cell((code, "Total", "Total"))])
        for code in system.dimensions[0].node_of
    }


def test_a_region_shows_a_category_in_which_so_many_persons_can_be_expected(counts):
    left_out = signs_of(counts, sizes_of(counts))
    share_old = 10 / 100
    for (region, sex, age), is_out in left_out.items():
        if region in MEMBERS and sex == "Total" and age == "old":
            size = sizes_of(counts)[region]
            assert is_out == (size < 10 or size * share_old < 5), region
    assert not any(is_out for (region, *_), is_out in left_out.items() if region == "0")


def test_two_sexes_are_shown_together_or_not_at_all(counts):
    left_out = signs_of(counts, sizes_of(counts))
    for (region, sex, age), is_out in left_out.items():
        if sex == "1":
            assert is_out == left_out[region, "2", age], (region, age)


def test_main_figures_are_shown_from_the_policys_size_on_and_below_only_the_number(counts):
    left_out = signs_of(counts, sizes_of(counts), main=True)
    assert not left_out["B1", "Total", "old"]  # 12 persons: main figures
    assert left_out["B1", "1", "old"]
    assert left_out["B2", "Total", "old"]  # 4 persons: only their number
    strict = signs_of(counts, sizes_of(counts), replace(POLICY, main_from=50), main=True)
    assert strict["B1", "Total", "old"]
    assert not strict["A1", "Total", "old"]


def test_the_rule_rests_on_published_sizes_alone(counts):
    """Other counts of the same sizes leave out the same cells; a hidden size shows no detail."""
    moved = counts.values.copy()
    system = counts.system
    for region, sign in (("A1", 1), ("A2", -1)):
        for cell in (("1", "young"), ("1", "Total")):
            moved[system.cell((region, *cell))] += sign
        for cell in (("2", "young"), ("2", "Total")):
            moved[system.cell((region, *cell))] -= sign
    sizes = sizes_of(counts)
    assert signs_of(replace(counts, values=moved), sizes) == signs_of(counts, sizes)
    hidden = signs_of(counts, sizes | {"A1": 0})
    assert all(hidden["A1", sex, age] for sex in (*SEXES, "Total") for age in ("young", "old"))


def test_a_category_that_nobody_in_the_country_has_is_no_secret_anywhere(counts):
    nobody = counts.values.copy()
    system = counts.system
    for code in system.dimensions[0].node_of:
        for sex in (*SEXES, "Total"):
            nobody[system.cell((code, sex, "old"))] = 0
    left_out = signs_of(replace(counts, values=nobody), sizes_of(counts))
    assert not left_out["A3", "Total", "old"]


def test_a_region_shows_no_more_than_the_smallest_of_its_parts_could():
    whole = regions()
    parts = replace(whole, of={**whole.of, "A": Region(COUNTY, parts=(("A1",), ("A2", "A3")))})
    own = {"0": 100, "A": 84, "B": 16, "A1": 60, "A2": 20, "A3": 4, "B1": 12, "B2": 4}
    assert sizes_of_table(own, parts)["A"] == 24
    assert sizes_of_table(own | {"A2": 0}, parts)["A"] == 4


def test_left_out_cells_have_a_sign_of_their_own_and_small_ones_are_tested(counts):
    cube = Cube(table_of_counts(counts), layout(("region", "sex", "age")), "n")
    regional = Regional(regions(), sizes_of(counts))
    policy = replace(POLICY, zeros="may_hide")
    done = protect({"persons": cube}, policy, regional=regional)["persons"]
    rows = done.table.to_pylist()
    left_out = [row for row in rows if row["sign"] == LEFT_OUT]
    assert left_out
    assert all(row["value"] is None for row in left_out)
    names = {(row["region"], row["sex"], row["age"]) for row in done.primaries.to_pylist()}
    small = {
        (row["region"], row["sex"], row["age"])
        for row in left_out
        if 1 <= counts.values[counts.system.cell((row["region"], row["sex"], row["age"]))] <= 3
    }
    assert small
    assert small <= names


def test_what_an_earlier_release_showed_stays_known_where_this_one_leaves_it_out(counts):
    """No change of it is a witness: the audit would take none that moves what is known."""
    cube = Cube(table_of_counts(counts), layout(("region", "sex", "age")), "n")
    sizes = sizes_of(counts)
    cell_of = {codes: counts.system.cell(codes) for codes in counts.published.codes}
    told = [
        codes
        for codes, left_out in signs_of(counts, sizes).items()
        if left_out and codes[0] == "B1" and counts.values[cell_of[codes]] > POLICY.hide_to
    ]
    shown = [
        dict(zip(("region", "sex", "age"), codes, strict=True))
        | {"value": int(counts.values[cell_of[codes]]), "sign": ""}
        for codes in told
    ]
    earlier, proofs = {"persons": [pa.Table.from_pylist(shown)]}, []
    regional = Regional(regions(), sizes)
    protect({"persons": cube}, POLICY, earlier=earlier, proofs=proofs, regional=regional)
    moved = {int(cell) for cells, _ in proofs[0].moves for cell in cells}
    assert moved and told
    assert not moved & {cell_of[codes] for codes in told}


def table_of_counts(counts) -> pa.Table:
    system = counts.system
    count_of = {
        codes: int(counts.values[system.cell(codes)])
        for codes in itertools.product(MEMBERS, SEXES, AGES)
    }
    return table_of(count_of)


def test_persons_of_a_rest_can_be_split_as_far_as_the_lemma_says():
    """All splits of a rest's persons among its municipalities, enumerated: a municipality has
    between T - (N - R) and min(T, R) of a category, whatever else is known of the rest.
    """
    rng = np.random.default_rng(4)
    for _ in range(300):
        sizes = rng.integers(1, 6, rng.integers(2, 4))
        whole = int(sizes.sum())
        have = int(rng.integers(0, whole + 1))
        splits = [
            split
            for split in itertools.product(*(range(size + 1) for size in sizes))
            if sum(split) == have
        ]
        for place, size in enumerate(sizes):
            seen = [split[place] for split in splits]
            assert min(seen) == max(0, size - (whole - have))
            assert max(seen) == min(size, have)
            others = whole - size
            if min(have, whole - have, others, size) >= 3:
                assert max(seen) - min(seen) >= 3


def test_an_offered_move_counts_only_if_it_adds_up_and_leaves_what_is_shown(counts):
    system, values = counts.system, counts.values
    cell = system.cell(("A1", "2", "old"))  # one person
    hidden = np.zeros(system.size, dtype=bool)
    hidden[cell] = True
    published = as_published(counts, hidden)
    row = [published.row_codes.index(("A1", "2", "old"))]
    alone = (np.array([cell]), np.array([3]))
    everywhere = np.flatnonzero(system.values(np.eye(len(system.inner), dtype=np.int64)[0]) != 0)
    shown_too = (everywhere, np.full(len(everywhere), 3))
    for move in (alone, shown_too):
        found = audit(published, POLICY, row, base=values, moves=[move])
        assert [(one.low, one.high) for one in found.narrow] == [(1, 1)]
    wide = np.zeros(system.size, dtype=np.int64), np.full(system.size, 1000)
    for move, counted in ((alone, 0), (shown_too, 3)):
        _, most = _offered(published, wide, values, [move, move])
        assert (most - values).max() == counted


def test_all_tables_together_protect_what_no_stage_before_did(counts, monkeypatch):
    """The last stage alone: one small cell in each of three linked tables, which must all move."""
    stage, told = LevelSearch._stage, []

    def only_the_last(self, name, items, work):
        if name == "everything together":
            stage(self, name, items, work)

    monkeypatch.setattr(LevelSearch, "_stage", only_the_last)
    cube = Cube(table_of_counts(counts), layout(("region", "sex", "age")), "n")
    names = ("persons", "again", "once_more")
    links = [
        Link("the same persons", (Term(one),), (Term(other),), "equal")
        for one, other in itertools.pairwise(names)
    ]
    own = replace(regions(), sizes="persons")
    regional = Regional(own, dict.fromkeys(sizes_of(counts), 1000))
    policy = replace(POLICY, zeros="may_hide")
    proofs = []
    done = protect(
        dict.fromkeys(names, cube), policy, links, tell=told.append, proofs=proofs,
        regional=regional,
    )  # fmt: skip
    assert any(line.startswith("everything together: 0 of ") for line in told)
    tables = {
        name: PublishedTable(one.table, one.layout, one.method, one.primaries)
        for name, one in done.items()
    }
    results = audit_tables(tables, policy, links, witnesses=proofs[0], regions=[own])
    assert all(result.passed and result.tested >= 3 for result in results.values())


def random_regional_case(rng):
    """A tiny country by municipality and two categories, with a rule of detail."""
    count_of = {
        (region, age): int(rng.choice([0, 1, 2, 3, 4, 6], p=[0.25, 0.2, 0.2, 0.15, 0.1, 0.1]))
        for region in MEMBERS
        for age in AGES
    }
    rows = [{"region": r, "age": a, "n": n} for (r, a), n in count_of.items()]
    policy = Policy(
        "the test",
        "2026-01-01",
        zeros=str(rng.choice(["publish", "may_hide"])),
        county_expects=int(rng.integers(0, 4)),
        municipality_expects=int(rng.integers(0, 5)),
        main_from=int(rng.integers(0, 6)),
    )
    return pa.Table.from_pylist(rows), policy


def check_levels(rng) -> bool:
    """Whatever the rule leaves out and the search hides: by enumeration every small count keeps
    its doubt, left out or hidden, and the audit of the files says the same.
    """
    table, policy = random_regional_case(rng)
    shape = layout(("region", "age"))
    counts = read_counts(table, shape, "n")
    sizes = {
        code: int(counts.values[counts.system.cell((code, "Total"))])
        for code in counts.system.dimensions[0].node_of
    }
    sizes = {code: size if size > policy.hide_to else 0 for code, size in sizes.items()}
    own = replace(regions(), main={"persons": {"age": ("Total",)}})
    try:
        done = protect({"persons": Cube(table, shape, "n")}, policy, regional=Regional(own, sizes))[
            "persons"
        ]
    except ProtectionImpossible:
        return False
    published = read_published([done.table], shape)
    truth = possible_tables(published, policy.least_hidden, 6_000)
    if truth is None:
        return False
    low, high = truth.min(axis=0), truth.max(axis=0)
    values = counts.values
    for codes in counts.published.codes:
        cell = counts.system.cell(codes)
        if policy.hide_from <= values[cell] <= policy.hide_to:
            width = high[published.system.cell(codes)] - low[published.system.cell(codes)]
            assert width >= policy.min_width, (codes, values[cell], width)
    rows = [i for i, key in enumerate(published.row_codes) if tuple(key) in primaries_of(done)]
    assert audit(published, policy, rows).passed
    return True


def primaries_of(done) -> set[tuple[str, ...]]:
    return {tuple(row.values()) for row in done.primaries.to_pylist()}


def test_no_small_count_is_narrow_in_tiny_countries():
    rng = np.random.default_rng(31)
    assert sum(check_levels(rng) for _ in range(75)) > 20


@pytest.mark.slow
def test_no_small_count_is_narrow_in_thousands_of_tiny_countries():
    rng = np.random.default_rng(32)
    assert sum(check_levels(rng) for _ in range(5000)) > 1500
