"""Suppression by levels of regions: the country stays, then the counties, the municipalities bear
it.

The counties' cells are protected first, with the help of few municipalities; then each block of
municipalities, which nothing ties to another while all counties stand still. A cube is tried by
itself before the cubes that links tie to it. What is open then is tried with more and more allowed
to change: other counties, and last figures of the country.
"""

import multiprocessing
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from introstat.disclosure.cellmap import CellMap
from introstat.disclosure.counts import Tables
from introstat.disclosure.detail import COUNTRY, COUNTY, DERIVED_COUNTY, Regions
from introstat.disclosure.policy import Policy
from introstat.disclosure.search import (
    MoveSearch,
    Problem,
    State,
    dearer_for_count,
    how_far,
    let_go,
)
from introstat.disclosure.system import Floats, Ints, Mask, Move

# What hiding a cell of a level costs, a municipality's being 1; totals and large counts cost more.
PRICES = {COUNTRY: 5000.0, COUNTY: 200.0, DERIVED_COUNTY: 40.0}
TOTAL_DEARER = 2.0  # times, for each dimension at its total
CARRIERS = 3  # municipalities of a block that bear what its counties shift: those that hide most,
LARGEST = 2  # the largest,
OF_A_CATEGORY = 2  # and those with most persons in a category that is looked at
CHEAP, DEAR, ANY = 5.0, 50.0, 1e4  # what a cell is worth to be reached
LAST = (ANY, 100 * ANY)


@dataclass(frozen=True)
class Wanted:
    """What a search by levels is to reach; masks are over the cells of the tables.

    Every cell of `targets` is to have its doubt. `hidden` cells are hidden from the start; those of
    `kept` are never hidden. Cells not asked for are hidden at their price, times `dearer` if given.
    `same` gives for a cube of another period the one that counts the same in this.
    After `until` (seconds, as time.monotonic has it) no further stage begins.
    """

    targets: Mask
    hidden: Mask
    kept: Mask
    dearer: Floats | None = None
    same: Mapping[str, str] = field(default_factory=dict)
    until: float = float("inf")


class LevelSearch:
    """The search by levels, over linked tables with regions."""

    def __init__(
        self,
        tables: Tables,
        policy: Policy,
        regions: Regions,
        wanted: Wanted,
        workers: int,
        tell: Callable[[str], None],
    ) -> None:
        self.map = CellMap(tables, regions.dimension, regions.members, wanted.same)
        self.tables, self.workers, self.tell, self.until = tables, workers, tell, wanted.until
        self.targets = np.flatnonzero(wanted.targets)
        # A sum over one region is looked for where its cells are.
        self.at = np.where(tables.level >= 0, tables.system.lies_at, np.arange(tables.system.size))
        shown = tables.is_published & ~tables.left_out
        values, level = tables.values, tables.level
        for_good = wanted.kept | self._grand_totals()
        if policy.zeros == "publish":
            for_good |= values == 0
        # What an earlier release showed is known, though this one leaves it out.
        self.for_good = (for_good & shown & ~wanted.hidden) | tables.known
        fixed = self.for_good | (shown & (level == COUNTRY) & ~wanted.hidden)
        fixed[self.map.system.held] = True
        self.down, self.up = how_far(values, shown, policy)
        lowest, highest = np.where(fixed, 0, self.down), np.where(fixed, 0, self.up)
        price = self._price(regions.dimension)
        if wanted.dearer is not None:
            price = price * wanted.dearer
        self.search = MoveSearch(
            Problem(tables.system, shown, lowest, highest, price, policy.min_width)
        )
        self.given = wanted.hidden
        self.state = State.start(wanted.hidden)
        self.free = (~shown | wanted.hidden) & ~tables.known
        self.hidden_before = wanted.hidden & ~wanted.targets

    def run(self) -> State:
        """Look for moves of every target, at all levels."""
        tables = self.map.tables_there
        self._stage("counties", tables, self._counties)
        self._stage("counties and linked tables", [0], lambda s, _: self._linked_counties(s))
        self._stage("municipalities", self.map.blocks, self._block)
        self._stage("municipalities and linked tables", self.map.blocks, self._linked_block)
        self._stage("neighbouring counties", None, lambda s, k: self._near(s, k, ()))
        self._stage("neighbouring counties", None, lambda s, k: self._near(s, k, (DEAR, ANY)))
        self._stage("all levels", tables, self._all_levels)
        self._stage("all levels and linked tables", [0], lambda s, _: self._all_linked_levels(s))
        self._unlock_country()
        self._stage("the country too", tables, self._all_levels)
        self._stage("the country too", None, lambda s, k: self._near(s, k, LAST))
        self._stage("the country and linked tables", [0], lambda s, _: self._all_linked_levels(s))
        self._stage("everything together", [0], lambda s, _: self._everything(s))
        self.state = let_go(self.state, self.targets, self.given, self.search.problem)
        return self.state

    def left(self) -> Ints:
        """Return the targets that no moves spread far enough."""
        return self.search.open(self.state, self.targets)

    def _stage(
        self, name: str, items: Iterable[int] | None, work: Callable[[State, int], None]
    ) -> None:
        """Do the parts of a stage (None: one for each place with open cells), each from the same
        state, so that it does not matter how many processes there are.
        """
        if not len(self.left()) or time.monotonic() > self.until:
            return
        items = self._places() if items is None else list(items)
        global _stage_work
        _stage_work = self, work
        if self.workers > 1 and len(items) > 1:
            with multiprocessing.get_context("fork").Pool(self.workers) as pool:
                results = pool.map(_part_of_stage, items, chunksize=1)
        else:
            results = [_part_of_stage(item) for item in items]
        for moves in results:
            for move in moves:
                self.search.add(self.state, move)
        self.tell(f"{name}: {len(self.left())} of {len(self.targets)} cells without doubt yet")

    def _grand_totals(self) -> Mask:
        totals = np.zeros(self.tables.system.size, dtype=bool)
        for start, cube in self.tables.system.cubes:
            if all(d.total is not None for d in cube.dimensions):
                totals[start + cube.grand_totals] = True
        return totals

    def _price(self, dimension: str) -> Floats:
        tables = self.tables
        of_level = np.ones(max(tables.level.max(), *PRICES) + 1)
        of_level[list(PRICES)] = list(PRICES.values())
        price = tables.names_per_cell * of_level[np.maximum(tables.level, 0)]
        for start, cube in tables.system.cubes:
            for d, node in zip(cube.dimensions, cube.nodes(), strict=True):
                if d.total is not None and d.name != dimension:
                    price[start : start + cube.size][node == d.node_of[d.total]] *= TOTAL_DEARER
        return np.asarray(price * dearer_for_count(tables.values))

    @cached_property
    def _always(self) -> Mask:
        """The leaves that bear what counties shift in every cube."""
        chosen = np.zeros(self.map.leaf_count, dtype=bool)
        for block in self.map.blocks:
            cells = np.flatnonzero(self.tables.block == block)
            chosen |= self._bearers(cells, CARRIERS) | _most(self.map.persons(cells), LARGEST)
        return chosen

    def _bearers(self, cells: Ints, count: int) -> Mask:
        """Return the leaves with most persons in free cells."""
        return _most(self.map.persons(cells[self.free[cells]]), count)

    def _carriers(self, targets: Ints) -> Mask:
        """Return the free cells of the municipalities that bear what counties' targets shift.

        Besides those that always do, in each block those with most persons in a target's category.
        """
        tables, place = self.tables, self.map
        cells = np.flatnonzero(self.free & (tables.block >= 0) & (tables.values > 0))
        kinds = np.unique(place.category[self.at[targets]])
        cells = cells[np.isin(place.category[cells], kinds[kinds >= 0])]
        kind, block = place.category[cells], tables.block[cells]
        order = np.lexsort((-tables.values[cells], block, kind))
        group = (kind * (tables.block.max() + 1) + block)[order]
        starts = np.flatnonzero(np.diff(group, prepend=-1))
        rank = np.arange(len(group)) - np.repeat(starts, np.diff([*starts, len(group)]))
        leaves = place.touched(cells[order[rank < OF_A_CATEGORY]]) | self._always
        return place.cells_of(leaves) & self.free

    @cached_property
    def _linked(self) -> Mask:
        """The cells of cubes that links tie to another."""
        return np.isin(self.map.table, [k for k, others in self.map.linked.items() if others])

    @cached_property
    def _lenders(self) -> Mask:
        """The leaves of the counties that take what those of no county shift: those of which some
        cell was hidden from the start, or the one with most persons.
        """
        county = self.tables.is_published & (self.tables.level == COUNTY)
        chosen = county & self.hidden_before
        if county.any() and not chosen.any():
            chosen[np.where(county, self.tables.values, -1).argmax()] = True
        return self.map.leaves_in(chosen)

    def _counties(self, state: State, table: int) -> None:
        self._in_counties(state, self.map.table == table, 4)

    def _linked_counties(self, state: State) -> None:
        for own in self._pairs(self._open(state, self.map.is_high)):
            self._in_counties(state, own, 3)

    def _in_counties(self, state: State, own: Mask, rounds: int) -> None:
        targets = self._open(state, own & self.map.is_high)
        if len(targets):
            among = own & (self.map.is_high | self._carriers(targets))
            self._seek(state, among, targets, (DEAR, ANY), rounds)

    def _pairs(self, cells: Ints) -> list[Mask]:
        """Return the cells of each pair of linked cubes of which one has some of the cells."""
        pairs = {
            (min(one, other), max(one, other))
            for one in np.unique(self.map.table[self.at[cells]]).tolist()
            for other in self.map.linked.get(one, ())
        }
        return [np.isin(self.map.table, pair) for pair in sorted(pairs)]

    def _block(self, state: State, block: int) -> None:
        inside = self.tables.block == block
        for table in np.unique(self.map.table[self.at[self._open(state, inside)]]).tolist():
            own = inside & (self.map.table == table)
            self._seek(state, own, self._open(state, own), (CHEAP, DEAR))

    def _linked_block(self, state: State, block: int) -> None:
        inside = self.tables.block == block
        targets = self._open(state, inside)
        if len(targets):
            near = self.map.touched(self.at[targets])
            near |= self._bearers(np.flatnonzero(inside), CARRIERS + 1)
            among = self.map.cells_of(near) & inside & self._linked
            self._seek(state, among, targets, (DEAR, ANY))
        self._seek(state, inside & self._linked, self._open(state, inside), (ANY,), 2)

    def _places(self) -> list[int]:
        """Return the blocks and (negative) the counties in which targets are open."""
        left = self.at[self.left()]
        places = np.unique(self._place[left[self.tables.level[left] != COUNTRY]])
        return [int(place) for place in places]

    @cached_property
    def _place(self) -> Ints:
        return np.where(self.tables.block >= 0, self.tables.block, -2 - self.map.region)

    def _near(self, state: State, place: int, rewards: tuple[float, ...]) -> None:
        """Look for moves in the counties of open cells and those that share municipalities."""
        targets = self._open(state, self._place == place)
        if len(targets):
            cells = self.at[targets]
            leaves = self.map.touched(cells)
            if not leaves.any():
                leaves |= self._lenders
            bear = self._always | leaves
            leaves |= self.map.leaves_in(self.map.high_cells(leaves, cells)) & bear
            among = self.map.high_cells(leaves, cells) | self.map.cells_of(leaves)
            tied = np.isin(self.map.table, np.unique(self.map.table[cells]))
            if self._linked[cells].any():
                tied |= self._linked
            self._seek(state, among & tied, targets, rewards)

    def _all_levels(self, state: State, table: int) -> None:
        self._in_all_levels(state, self.map.table == table)

    def _all_linked_levels(self, state: State) -> None:
        for own in self._pairs(self._open(state, self.map.table >= 0)):
            self._in_all_levels(state, own)

    def _in_all_levels(self, state: State, own: Mask) -> None:
        targets = self._open(state, own)
        if len(targets):
            touched = self.map.touched(self.at[targets])
            near = self.map.cells_of(touched) | self._carriers(targets)
            self._seek(state, own & (self.map.is_high | near), targets, LAST, 2)

    def _everything(self, state: State) -> None:
        """Look for moves of the few that are open among all cells of all tables at once.

        A person of no county has a row in every table, and all of them must move together.
        """
        everywhere = np.ones(self.tables.system.size, dtype=bool)
        targets = self.search.open(state, self.targets)
        self._seek(state, everywhere, targets, LAST)

    def _unlock_country(self) -> None:
        """Let figures of the country change where nothing else helped, at their price."""
        problem = self.search.problem
        tables = set(self.map.table[self.at[self.left()]].tolist())
        tables |= {other for table in tables for other in self.map.linked.get(table, ())}
        loose = (self.tables.level == COUNTRY) & np.isin(self.map.table, list(tables))
        loose &= ~self.for_good
        lowest, highest = problem.lowest.copy(), problem.highest.copy()
        lowest[loose], highest[loose] = self.down[loose], self.up
        self.search = MoveSearch(replace(problem, lowest=lowest, highest=highest))

    def _open(self, state: State, inside: Mask) -> Ints:
        """Return the targets inside that have no doubt yet."""
        return self.search.open(state, self.targets[inside[self.at[self.targets]]])

    def _seek(
        self,
        state: State,
        among: Mask,
        targets: Ints,
        rewards: tuple[float, ...],
        rounds: int = 4,
    ) -> None:
        if len(targets) and time.monotonic() <= self.until:
            cells = np.flatnonzero(among)
            beside = self.map.system.unknowns_beside(cells)
            self.search.seek(state, np.union1d(cells, beside), targets, rewards, rounds)


_stage_work: tuple[LevelSearch, Callable[[State, int], None]]


def _part_of_stage(item: int) -> list[Move]:
    search, work = _stage_work
    state = search.state.copy()
    work(state, item)
    return state.moves


def _most(persons: Floats, count: int) -> Mask:
    chosen = np.zeros(len(persons), dtype=bool)
    order = np.argsort(-persons, kind="stable")[:count]
    chosen[order[persons[order] > 0]] = True
    return chosen
