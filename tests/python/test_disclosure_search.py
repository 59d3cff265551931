"""The search for few hidden cells: patterns, time, and the comparison of ways to protect."""

import csv
import re
import time

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner

from introstat.cli import main
from introstat.disclosure import search as searching
from introstat.disclosure.audit import audit
from introstat.disclosure.counts import read_counts
from introstat.disclosure.layout import CodeList, Layout
from introstat.disclosure.patterns import Patterns
from introstat.disclosure.policy import DEFAULT_POLICY, Policy
from introstat.disclosure.published import as_published
from introstat.disclosure.search import MoveSearch, Problem, State
from introstat.disclosure.suppress import Effort, suppress

POLICY = Policy("the test", "2026-01-01")
REGIONS = [f"r{i:02}" for i in range(36)]
CROSSING = (
    CodeList("region", "county", tuple((code, f"c{i // 6}") for i, code in enumerate(REGIONS))),
    CodeList("region", "group", tuple((code, f"g{i % 5}") for i, code in enumerate(REGIONS))),
)


def table_of(seed):
    """Counts of 36 regions, by 4 activities and 2 periods, with crossing groups of regions."""
    rng = np.random.default_rng(seed)
    expected = np.exp(rng.normal(1.4, 1.0, (len(REGIONS), 4, 2)))
    keys = [(r, f"a{k}", f"p{m}") for r in REGIONS for k in range(4) for m in range(2)]
    names = ("region", "activity", "period")
    columns = {name: [key[i] for key in keys] for i, name in enumerate(names)}
    return read_counts(
        pa.table(columns | {"n": rng.poisson(expected).ravel().tolist()}),
        Layout(names, CROSSING),
        "n",
    )


def problem_of(counts):
    values = counts.values
    shown = np.zeros(counts.system.size, dtype=bool)
    shown[counts.published.cells] = True
    lowest = np.where(values > 0, 1 - values, 0)
    highest = np.where(values > 0, values.max() + 3, 0)
    return Problem(counts.system, shown, lowest, highest, np.ones(len(values)), 3)


def test_a_long_fractional_change_is_made_short_and_whole(monkeypatch):
    """Half persons in all cells of a table do for one cell what three persons in four do."""
    keys = [(f"r{i}", f"c{k}") for i in range(4) for k in range(4)]
    table = pa.table({"r": [r for r, _ in keys], "c": [c for _, c in keys], "n": [9] * 16})
    counts = read_counts(table, Layout(("r", "c")), "n")
    search, system = MoveSearch(problem_of(counts)), counts.system
    state = State.start(np.ones(system.size, dtype=bool))
    one_way = np.array([1.5, -0.5, -0.5, -0.5])
    target = np.array([system.cell(("r0", "c0"))])
    wanted = target, np.array([True]), np.array([3])
    monkeypatch.setattr(searching, "REPAIR_UP_TO", 8)
    search._take(state, system.inner, np.outer(one_way, one_way).ravel(), wanted)
    [(cells, changes)] = state.moves
    assert len(cells) <= 8
    assert set(np.abs(changes)) == {3}
    assert not len(search.open(state, target))


class FewSeconds(Effort):
    """Time that is short after so many questions for it."""

    asked = 0

    @property
    def left(self):
        FewSeconds.asked += 1
        return 1000.0 if FewSeconds.asked < 30 else 1e-9


def test_every_pattern_through_any_cell_adds_up_in_every_sum():
    counts = table_of(1)
    patterns = Patterns(problem_of(counts), counts.system, np.random.default_rng(0))
    equations = counts.system.all_equations()
    for cell in np.random.default_rng(2).choice(counts.system.size, 60, replace=False).tolist():
        cells, changes = patterns._through(cell)
        assert len(cells) > 1
        for row in range(0, len(cells), 17):
            move = np.zeros(counts.system.size, dtype=np.int64)
            np.add.at(move, cells[row], changes[row])
            assert move[cell] == 1
            assert not equations.sums_of(move).any()


def test_patterns_leave_every_cell_possible_and_say_what_they_cannot_protect():
    counts = table_of(3)
    problem = problem_of(counts)
    small = np.flatnonzero((counts.values > 0) & (counts.values < 4))
    state = State.start(np.zeros(counts.system.size, dtype=bool))
    patterns = Patterns(problem, counts.system, np.random.default_rng(0))
    without = patterns.protect(state, small, problem.price)
    for cells, changes in state.moves:
        assert (counts.values[cells] + changes >= 1).all()
        assert state.hidden[cells].all()
    spread = (state.high - state.low)[np.setdiff1d(small, without)]
    assert (spread >= 3).all()
    assert len(without) < len(small) / 10


def test_programs_hide_less_than_patterns_and_more_time_never_hides_more():
    counts = table_of(4)
    told: list[str] = []
    usual = suppress(counts, POLICY, effort=Effort(None, told.append))
    by_patterns, by_programs = (int(line.split()[0]) for line in told if "more cells" in line)
    assert by_programs < by_patterns
    longer = suppress(counts, POLICY, effort=Effort(time.monotonic() + 600))
    assert longer.hidden.sum() <= usual.hidden.sum()
    for found in (usual, longer):
        published = as_published(counts, found.hidden)
        rows = np.flatnonzero(found.primary[published.row_cells]).tolist()
        assert audit(published, POLICY, rows).passed


def test_what_time_does_not_last_for_is_done_by_patterns_and_is_safe(monkeypatch):
    counts = table_of(5)
    FewSeconds.asked = 0
    found = suppress(counts, POLICY, effort=FewSeconds(time.monotonic() + 1000))
    published = as_published(counts, found.hidden)
    rows = np.flatnonzero(found.primary[published.row_cells]).tolist()
    assert audit(published, POLICY, rows).passed


def test_a_cell_is_given_up_exactly_when_no_moves_exist():
    keys = [(f"r{i}", f"c{j}") for i in range(2) for j in range(2)]
    columns = {"r": [r for r, _ in keys], "c": [c for _, c in keys]}
    for values, possible in (((2, 9, 9, 9), True), ((1, 2, 2, 1), False)):
        counts = read_counts(pa.table(columns | {"n": list(values)}), Layout(("r", "c")), "n")
        problem = problem_of(counts)
        totals = np.setdiff1d(np.arange(counts.system.size), counts.system.inner)
        problem.lowest[totals] = problem.highest[totals] = 0
        search = MoveSearch(problem)
        state = State.start(np.zeros(counts.system.size, dtype=bool))
        assert search.exactly(state, counts.system.cell(("r0", "c0"))) is possible


def write_counts(path):
    rng = np.random.default_rng(6)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["region", "activity", "persons"])
        for region in REGIONS[:12]:
            rows.writerows((region, f"a{k}", int(rng.poisson(4))) for k in range(5))


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def told(tmp_path):
    """What `protect` is told of a small file of counts."""
    write_counts(tmp_path / "counts.csv")
    return (
        "protect", "--in", tmp_path / "counts.csv", "--count", "persons",
        "--dims", "region,activity", "--policy", DEFAULT_POLICY,
    )  # fmt: skip


def test_protect_within_a_time_tells_how_far_it_is_and_writes_a_safe_file(told, tmp_path):
    done = run(*told, "--within", "20s", "--out", tmp_path / "out.csv")
    assert done.exit_code == 0, done.output
    assert "more cells hidden by patterns" in done.output
    assert "Safe: 78 cells" in done.output
    assert (tmp_path / "out.csv").exists()


def test_too_short_a_time_is_refused_with_what_would_do(told, tmp_path, monkeypatch):
    monkeypatch.setattr("introstat.disclosure.command.FOR_SEARCH", 0.0)
    done = run(*told, "--within", "1s", "--out", tmp_path / "out.csv")
    assert done.exit_code == 3
    assert re.search("Give at least --within [1-9][0-9]*s more", done.output)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["counts.csv"]


def test_an_answer_that_was_there_in_time_counts_though_a_better_one_was_not(monkeypatch):
    """The last program may end after the time."""
    counts = table_of(8)
    slow = MoveSearch.cheapest

    def late(self, state, among, cell):
        time.sleep(0.05)
        return slow(self, state, among, cell)

    monkeypatch.setattr(MoveSearch, "cheapest", late)
    end = time.monotonic() + 3
    found = suppress(counts, POLICY, effort=Effort(end, end=end))
    published = as_published(counts, found.hidden)
    rows = np.flatnonzero(found.primary[published.row_cells]).tolist()
    assert audit(published, POLICY, rows).passed


def test_no_file_to_write_is_refused(told):
    done = run(*told)
    assert done.exit_code == 2
    assert "--out" in done.output


def test_ways_to_protect_are_compared_and_nothing_is_written(told, tmp_path):
    done = run(*told, "--compare")
    assert done.exit_code == 0, done.output
    rows = {
        line[len("counts") :].strip().split("  ")[0]: line.split()
        for line in done.stdout.splitlines()[1:]
    }
    assert list(rows) == ["suppress, doubt of 3", "suppress, doubt of 6", "round to 3"]
    shown = [float(row[-5]) for row in rows.values()]
    assert shown[0] >= shown[1]
    assert shown[2] == 100
    assert [int(row[-3]) for row in rows.values()][:2] == [0, 0]
    assert float(rows["round to 3"][-2]) > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["counts.csv"]


def test_a_way_that_is_refused_is_told_with_the_reason(tmp_path):
    with (tmp_path / "counts.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["region", "activity", "persons"])
        rows.writerows([("a", "x", 1), ("a", "y", 2), ("b", "x", 2), ("b", "y", 1)])
    done = run(
        "protect", "--in", tmp_path / "counts.csv", "--count", "persons",
        "--dims", "region,activity", "--compare",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "refused: No choice of hidden cells" in done.stdout
    assert "round to 3" in done.stdout


def test_patterns_are_the_answer_where_many_cells_are_primary_and_no_time_is_given(monkeypatch):
    monkeypatch.setattr("introstat.disclosure.suppress.PROGRAMS_UP_TO", 10)
    told: list[str] = []
    suppress(table_of(7), POLICY, effort=Effort(None, told.append))
    assert [line for line in told if "by programs" in line] == []
    assert any("by patterns" in line for line in told)
