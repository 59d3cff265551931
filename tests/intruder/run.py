"""An intruder's whole work over release folders, and what it found."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.intruder.amounts import Rest, rests_in
from tests.intruder.attack import Attack, Interval, attack
from tests.intruder.facts import Facts, facts_of
from tests.intruder.folders import Cell, knowledge, read_release
from tests.intruder.relations import relate
from tests.intruder.system import Contradiction, bounds_of
from tests.intruder.texts import Said, said_in, take_texts
from tests.intruder.versions import presume_unrevised, take_revisions


@dataclass
class Known:
    """All that releases tell, put together.

    `said` are the sentences and `revised` the revisions that tell what no table shows, `presumed`
    how many figures were taken for unrevised, `amounts` what few persons got.
    """

    facts: Facts
    said: list[Said]
    revised: list[Cell]
    presumed: int
    amounts: list[Rest]
    seconds: float


@dataclass
class Found:
    """What an intruder has in hand at the end; `bare` are cells of places without detail."""

    known: Known
    attack: Attack
    bare: dict[Cell, Interval]

    @property
    def intervals(self) -> dict[Cell, Interval]:
        """The interval of every cell that was attacked."""
        return {c: i for c, i in self.attack.intervals.items() if isinstance(c, Cell)} | self.bare

    def narrow(self, width: int) -> dict[Cell, Interval]:
        """The cells that are known more closely than a width, and are not known to be zero."""
        return {c: i for c, i in self.intervals.items() if i.width < width and i.high > 0}


def put_together(folders: Sequence[Path]) -> Known:
    """Put together what releases tell. Raises Contradiction if it cannot all be true."""
    began = time.monotonic()
    releases = [read_release(folder) for folder in folders]
    facts = facts_of(releases)
    relate(facts)
    revised = take_revisions(facts)
    said = take_texts(facts, [s for release in releases for s in said_in(release, facts)])
    # What is presumed may be wrong: then only what is certain counts.
    rows = len(facts.system.rows)
    presumed = presume_unrevised(facts)
    if presumed:
        try:
            bounds_of(facts.system)
        except Contradiction:
            del facts.system.rows[rows:]
            presumed = 0
    amounts = [rest for release in releases for rest in rests_in(release)]
    return Known(facts, said, revised, presumed, amounts, time.monotonic() - began)


def intrude(known: Known, only: Callable[[Cell], bool] = lambda cell: True) -> Found:
    """Narrow what is hidden; `only` saves time where a judge says beforehand which cells matter."""
    facts, policy = known.facts, known.facts.releases[0].policy
    targets = [cell for cell in facts.targets if only(cell)]
    done = attack(facts.system, targets, policy["min_width"], policy["hide_to"])
    return Found(known, done, _bare(facts, done, only))


def hides(known: Known) -> Callable[[int], bool]:
    """Whether the policy of the releases hides a count."""
    policy = known.facts.releases[0].policy
    return lambda count: bool(policy["hide_from"] <= count <= policy["hide_to"])


def _bare(facts: Facts, done: Attack, only: Callable[[Cell], bool]) -> dict[Cell, Interval]:
    """The intervals of cells of places without detail: of their rest anyone may be theirs."""
    low, high = bounds_of(facts.system)
    number = facts.system.number

    def interval(cell: Cell) -> Interval:
        k = number[cell]
        return done.intervals.get(cell, Interval(low[k], high[k]))

    found = {}
    for cell, (rest, own, whole) in facts.sized.items():
        if not only(cell):
            continue
        if rest not in number:
            continue
        of_rest, size, all_sizes = interval(rest), interval(own), interval(whole)
        others = all_sizes.high - size.low
        is_persons = cell.measure in knowledge()["sized"]
        least = max(0.0, of_rest.low - others) if is_persons else 0.0
        most = min(size.high, of_rest.high) if is_persons else of_rest.high
        found[cell] = Interval(least, most)
    return found
