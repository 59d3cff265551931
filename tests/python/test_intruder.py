"""The intruder's own parts: what it must be able to work out, and what it must not believe.

What it finds in finished releases is in test_release.py; here, kept out of `make test`, in one of
more persons.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import run
from older_releases import make_older
from site_releases import write_release

from introstat.disclosure.policy import DEFAULT_POLICY
from introstat.synth.generate import generate
from tests.intruder.attack import attack
from tests.intruder.folders import knowledge, read_release
from tests.intruder.judge import Truth
from tests.intruder.run import hides, intrude, put_together
from tests.intruder.system import Contradiction, System, bounds_of


def test_releases_of_before_are_read_like_those_of_now(tmp_path: Path) -> None:
    folder = write_release(tmp_path, "2017")
    now = read_release(folder)
    make_older(folder)
    before = read_release(folder)
    key = [(table.stem, table.dimensions) for table in now.tables]
    assert sorted(key, key=str) == sorted(
        ((table.stem, table.dimensions) for table in before.tables), key=str
    )
    assert {table.stem for table in now.tables} > set(knowledge()["percents"])
    cells = [{cell: text for table in each.tables for cell, text in table.values.items()}
             for each in (now, before)]  # fmt: skip
    assert cells[0] == cells[1]


def test_bounds_follow_from_sums() -> None:
    system = System()
    total, a, b, c = (system.of(name) for name in ("total", "a", "b", "c"))
    system.is_sum(total, [a, b, c])
    system.tell("total", 5, 5)
    for name in "abc":
        system.tell(name, 1)
    low, high = bounds_of(system)
    assert [(low[k], high[k]) for k in (a, b, c)] == [(1, 3)] * 3
    system.tell("a", 3, 3)
    low, high = bounds_of(system)
    assert (low[b], high[b]) == (1, 1)


def test_what_cannot_all_be_true_is_said() -> None:
    system = System()
    system.is_sum(system.of("total"), [system.of("a"), system.of("b")])
    system.tell("total", 2, 2)
    system.tell("a", 3)
    with pytest.raises(Contradiction):
        bounds_of(system)
    with pytest.raises(Contradiction):
        system.tell("total", 3, 3)


def test_linear_programs_find_what_no_relation_alone_tells() -> None:
    """Two rows and two columns of hidden cells: a + b = 5, c + d = 5, a + c = 4, at most 6."""
    system = System()
    a, b, c, d = (system.of(name) for name in "abcd")
    for cells, whole in (((a, b), 5), ((c, d), 5), ((a, c), 4), ((b, d), 6)):
        system.row([(k, 1.0) for k in cells], whole, whole)
    for name in "abcd":
        system.tell(name, 1)
    found = attack(system, "abcd", 3, 3).intervals
    assert (found["a"].low, found["a"].high) == (1, 3)
    assert (found["b"].low, found["b"].high) == (2, 4)


def test_whole_numbers_tell_more_than_fractions() -> None:
    """a is one more than a multiple of four, and at most 4: in whole numbers it is known."""
    system = System()
    system.row([(system.of("a"), 1.0), (system.of("q"), -4.0), (system.of("r"), 4.0)], 1.0, 1.0)
    for name, most in (("a", 4), ("q", 10), ("r", 10)):
        system.tell(name, 0, most)
    low, high = bounds_of(system)
    assert (low[0], high[0]) == (0, 4)
    found = attack(system, ["a"], 3, 3)
    assert (found.intervals["a"].low, found.intervals["a"].high) == (1, 1)


def test_doubt_is_shown_by_whole_tables_and_not_by_fractions() -> None:
    system = System()
    cells = [system.of(k) for k in range(9)]
    for k in range(3):
        system.row([(c, 1.0) for c in cells[3 * k : 3 * k + 3]], 9.0, 9.0)
        system.row([(c, 1.0) for c in cells[k::3]], 9.0, 9.0)
    found = attack(system, range(9), 3, 9)
    assert found.undecided == []
    for interval in found.intervals.values():
        assert interval.shown_width >= 3
        assert interval.low <= interval.shown_low <= interval.shown_high <= interval.high


YEARS = ("2016", "2017", "2018")
LATER = "late registrations"


@pytest.mark.slow
@pytest.mark.parametrize(
    "wanted",
    [
        [("2017H2", "preliminary")],
        # An hour and a half.
        [(year + part, "preliminary") for year in YEARS for part in ("H1", "H2", "")]
        + [("2016H1", "final")],
    ],
    ids=["a half-year", "three years"],
)
def test_an_intruder_finds_nothing_in_releases_of_all_municipalities(
    tmp_path: Path, build: Callable[..., Path], wanted: list[tuple[str, str]]
) -> None:
    extracts = tmp_path / "extracts"
    generate(extracts, 2_500, 2017, 2015, 2018)
    warehouse = build(extracts)
    policy = tmp_path / "policy.yml"
    text = DEFAULT_POLICY.read_text(encoding="utf-8")
    policy.write_text(re.sub("not yet decided", "the test", text), encoding="utf-8")
    out = tmp_path / "utdata"
    for period, kind in wanted:
        note = ("--note", LATER) if kind == "final" else ()
        done = run(
            "release", period, "--kind", kind, "--policy", policy, "--out", out,
            "--warehouse", warehouse, *note,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    folders = sorted(out.glob("*_v*"))
    assert len(folders) == len(wanted)
    known = put_together(folders)
    assert (known.said, known.revised, known.amounts) == ([], [], [])
    truth, small = Truth(warehouse, known.facts), hides(known)
    found = intrude(known, lambda cell: small(truth.of(cell)))
    assert found.attack.undecided == []
    assert len(found.intervals) > 10_000
    assert list(found.narrow(3)) == []
    for cell, interval in found.intervals.items():
        assert interval.low <= truth.of(cell) <= interval.high, str(cell)
