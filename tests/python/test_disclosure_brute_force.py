"""Tiny tables against the truth: every whole-number table that fits what is published,
enumerated.
"""

import itertools

import numpy as np
import pyarrow as pa
import pytest

from introstat.disclosure.audit import audit
from introstat.disclosure.counts import read_counts
from introstat.disclosure.layout import CodeList, Layout
from introstat.disclosure.policy import Policy
from introstat.disclosure.published import UNKNOWN, read_published
from introstat.disclosure.report import publication_table
from introstat.disclosure.suppress import ProtectionImpossible, suppress

LARGEST_SPACE = 6_000  # tables to enumerate at most


def policy(zeros, width=3):
    return Policy("the test", "2026-01-01", zeros=zeros, min_width=width)


def random_case(rng):
    """A random layout of one to three small dimensions, groups that may cross, and
    linked tables.
    """
    dims, lists = [], []
    for name, size in zip("abc", rng.integers(1, [4, 4, 3]), strict=True):
        codes = [f"{name}{i}" for i in range(size)]
        dims.append((name, codes))
        for k in range(rng.integers(0, 3) if size > 2 else 0):
            side = rng.integers(0, 2, size)
            lists.append(
                CodeList(
                    name,
                    f"{name}{k}",
                    tuple((c, f"{name}g{k}{s}") for c, s in zip(codes, side, strict=True)),
                )
            )
    names = tuple(name for name, _ in dims)
    tables = ()
    if rng.random() < 0.4:
        pairs = [names[:2], names[1:], (names[0], names[2])]
        tables = tuple(pairs[i] for i in rng.permutation(3)[: rng.integers(1, 3)])
    return Layout(names, tuple(lists), {}, tables), dims


def random_counts(rng, layout, dims):
    keys = list(itertools.product(*(codes for _, codes in dims)))
    counts = rng.choice(
        [0, 1, 2, 3, 4, 5, 7], size=len(keys), p=[0.25, 0.2, 0.15, 0.1, 0.1, 0.1, 0.1]
    )
    columns = {name: [key[i] for key in keys] for i, (name, _) in enumerate(dims)}
    return read_counts(pa.table(columns | {"n": counts}), layout, "n")


def possible_tables(published, least_hidden, bound):
    """All whole-number tables that agree with what is published, one row each; None if too many."""
    system = published.system
    n = len(system.inner)
    member = np.array([system.values(row) for row in np.eye(n, dtype=np.int64)]).T  # cells x inner
    shown = published.known != UNKNOWN
    known = published.known[shown]
    values = np.zeros((1, system.size), dtype=np.int64)
    for k in range(n):
        # Each table so far goes on with every count of inner cell k that exceeds no known sum;
        # sums that are complete with it must match.
        room = (known - values[:, shown])[:, member[shown, k] > 0].min(axis=1)
        if (room + 1).sum() > 40 * bound:
            return None
        values = np.repeat(values, room + 1, axis=0)
        counts = np.concatenate([np.arange(most + 1) for most in room])
        values += counts[:, None] * member[:, k]
        complete = (member[:, k + 1 :].sum(axis=1) == 0)[shown]
        values = values[(values[:, shown][:, complete] == known[complete]).all(axis=1)]
        if len(values) > bound:
            return None
    return values[(values[:, published.hidden] >= least_hidden).all(axis=1)]


def true_intervals(published, least_hidden):
    values = possible_tables(published, least_hidden, LARGEST_SPACE)
    return None if values is None else (values.min(axis=0), values.max(axis=0))


def published_of(counts, layout, hidden):
    return read_published([publication_table(counts, counts.values, hidden)], layout)


def rows_of(published, counts, cells):
    """The published rows of cells of the original system (the published one may be smaller)."""
    pairs = zip(counts.published.codes, counts.published.cells, strict=True)
    wanted = {codes for codes, cell in pairs if cells[cell]}
    return [row for row, codes in enumerate(published.row_codes) if codes in wanted]


def check_audit(rng):
    """The audit says of a random hiding exactly what enumeration says."""
    layout, dims = random_case(rng)
    counts = random_counts(rng, layout, dims)
    zeros = rng.choice(["publish", "may_hide"])
    rules = policy(zeros, int(rng.integers(1, 5)))
    shown = np.isin(np.arange(counts.system.size), counts.published.cells)
    hidden = shown & (rng.random(counts.system.size) < rng.choice([0.3, 0.5, 0.8]))
    hidden &= ~np.isin(np.arange(counts.system.size), counts.system.grand_totals)
    if zeros == "publish":
        hidden &= counts.values > 0
    published = published_of(counts, layout, hidden)
    truth = true_intervals(published, rules.least_hidden)
    if truth is None:
        return False
    low, high = truth
    narrow = {i.cell: (i.low, i.high) for i in audit(published, rules).narrow}
    for row, cell in enumerate(published.row_cells.tolist()):
        if cell in set(published.hidden.tolist()) and row == published.row_cells.tolist().index(
            cell
        ):
            expected = (low[cell], high[cell])
            if expected[1] - expected[0] < rules.min_width:
                assert narrow.pop(published.name(row), None) == expected
    assert not narrow, "the audit failed a table that is safe"
    return True


def check_suppression(rng):
    """Suppression leaves every primary its width by enumeration, or rightly says it
    cannot be done.
    """
    layout, dims = random_case(rng)
    counts = random_counts(rng, layout, dims)
    rules = policy(rng.choice(["publish", "may_hide"]), int(rng.integers(1, 5)))
    refused = False
    try:
        result = suppress(counts, rules)
        hidden, primary = result.hidden, result.primary
    except ProtectionImpossible:
        refused = True
        hidden = np.isin(np.arange(counts.system.size), counts.published.cells)
        hidden &= ~np.isin(np.arange(counts.system.size), counts.system.grand_totals)
        if rules.zeros == "publish":
            hidden &= counts.values > 0
        primary = np.isin(np.arange(counts.system.size), counts.published.cells)
        primary &= (counts.values >= 1) & (counts.values <= 3)
    published = published_of(counts, layout, hidden)
    truth = true_intervals(published, rules.least_hidden)
    if truth is None:
        return False
    rows = rows_of(published, counts, primary)
    width = (truth[1] - truth[0])[published.row_cells[rows]]
    if refused:
        assert (width < rules.min_width).any(), "a table that can be protected was refused"
        return True
    assert (width >= rules.min_width).all()
    assert audit(published, rules, rows).passed
    assert (primary <= hidden).all()
    return True


@pytest.mark.parametrize("check", [check_audit, check_suppression])
@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(s, marks=pytest.mark.slow) for s in (2, 3))])
def test_against_every_possible_table(check, seed):
    rng = np.random.default_rng(seed)
    assert sum(check(rng) for _ in range(150)) > 60


@pytest.mark.slow
@pytest.mark.parametrize("check", [check_audit, check_suppression])
@pytest.mark.parametrize("seed", range(100, 130))
def test_thousands_of_tables_against_every_possible_table(check, seed):
    rng = np.random.default_rng(seed)
    assert sum(check(rng) for _ in range(150)) > 75
