"""Moves by pattern: simple changes of a table, all looked at together and without any program.

A pattern is a product of one short vector for each dimension: a leaf against another, in which
only groups with one of the two change; or a leaf alone, with every group it is in and the total.
Such a product adds up in every sum whatever the table holds, so that to find a move is to price all
patterns through a cell and to take the cheapest that leaves every cell possible.
"""

from typing import NamedTuple

import numpy as np

from introstat.disclosure.neighbourhood import groups_in_common
from introstat.disclosure.search import Problem, State
from introstat.disclosure.system import Dimension, Floats, Ints, Move, System

MOST_PATTERNS = 6000  # through an inner cell; fewer other leaves are then looked at
NEAR_LEAVES = 60  # of a dimension, at most, that a leaf is set against
LEAVES_OF_A_GROUP = 6  # at most that stand for a group in its patterns


class _Found(NamedTuple):
    cost: float
    move: Move


class _Vectors(NamedTuple):
    """The vectors of a dimension through a node: what they add to a cell's number, and the change.

    A row for each vector, padded with changes of 0.
    """

    offsets: Ints
    changes: Ints


class Patterns:
    """The patterns of one cube's cells, and the moves they give."""

    def __init__(self, problem: Problem, system: System, rng: np.random.Generator) -> None:
        self.problem, self.system, self.rng = problem, system, rng
        self._known: dict[tuple[int, int], _Vectors] = {}
        near = NEAR_LEAVES
        while np.prod([min(size, near + 1.0) for size in system.inner_shape]) > MOST_PATTERNS:
            near -= 1
        self._near = near

    def protect(self, state: State, cells: Ints, price: Floats) -> Ints:
        """Give cells their doubt one after the other; return those that no pattern protects."""
        problem = self.problem
        cost = np.where(state.hidden | ~problem.shown, 0.0, price)
        without = []
        for cell in cells.tolist():
            low, high = int(state.low[cell]), int(state.high[cell])
            if high - low >= problem.width:
                continue
            moves = self._cheapest(cell, low, high, cost)
            if not moves:
                without.append(cell)
            for move in moves:
                state.add(move, problem.shown)
                cost[move[0]] = 0.0
        return np.array(without, dtype=np.int64)

    def _cheapest(self, cell: int, low: int, high: int, cost: Floats) -> list[Move]:
        """Return one move up, or one down and one up where that hides for less."""
        width = self.problem.width
        up = self._best(cell, width + low, cost)
        least = up.cost if up else float("inf")
        moves = [up.move] if up else []
        far = min(width - high, -int(self.problem.lowest[cell]))
        if least <= 0 or far <= -low:
            return moves
        down = self._best(cell, -far, cost)
        if down is None or down.cost >= least:
            return moves
        if far == width - high:
            return [down.move]
        hidden = cost.copy()
        hidden[down.move[0]] = 0.0
        rest = self._best(cell, width - far, hidden)
        if rest is None or down.cost + rest.cost >= least:
            return moves
        return [down.move, rest.move]

    def _best(self, cell: int, shift: int, cost: Floats) -> _Found | None:
        """Return the cheapest pattern that shifts a cell by so many persons, if there is one."""
        cells, changes = self._through(cell)
        persons = changes * shift
        problem = self.problem
        possible = (persons >= problem.lowest[cells]) & (persons <= problem.highest[cells])
        possible = (possible | (changes == 0)).all(axis=1)
        if not possible.any():
            return None
        costs = np.where(changes != 0, cost[cells], 0.0).sum(axis=1)
        best = int(np.where(possible, costs, np.inf).argmin())
        used = changes[best] != 0
        return _Found(float(costs[best]), (cells[best][used], persons[best][used]))

    def _through(self, cell: int) -> tuple[Ints, Ints]:
        """Return all patterns that change a cell by 1: their cells and changes, a row for each."""
        cells, changes = np.zeros((1, 1), dtype=np.int64), np.ones((1, 1), dtype=np.int64)
        for axis, node in enumerate(np.unravel_index(cell, self.system.shape)):
            vectors = self._vectors(axis, int(node))
            rows = len(cells) * len(vectors.offsets)
            cells = (cells[:, None, :, None] + vectors.offsets[None, :, None, :]).reshape(rows, -1)
            changes = changes[:, None, :, None] * vectors.changes[None, :, None, :]
            changes = changes.reshape(rows, -1)
        return cells, changes

    def _vectors(self, axis: int, node: int) -> _Vectors:
        if (axis, node) not in self._known:
            stride = int(np.prod(self.system.shape[axis + 1 :], dtype=np.int64))
            found = self._of_node(self.system.dimensions[axis], node)
            offsets = np.zeros((len(found), max(map(np.count_nonzero, found))), dtype=np.int64)
            changes = np.zeros_like(offsets)
            for row, vector in enumerate(found):
                nodes = np.flatnonzero(vector)
                offsets[row, : len(nodes)] = nodes * stride
                changes[row, : len(nodes)] = vector[nodes]
            self._known[axis, node] = _Vectors(offsets, changes)
        return self._known[axis, node]

    def _of_node(self, dimension: Dimension, node: int) -> list[Ints]:
        """Return the vectors that change a node by 1, over all nodes of the dimension."""
        of_leaf = dimension.member.T.astype(np.int64)
        inside = np.flatnonzero(dimension.member[node])
        outside = np.flatnonzero(~dimension.member[node])
        if len(inside) > LEAVES_OF_A_GROUP:
            inside = self.rng.choice(inside, LEAVES_OF_A_GROUP, replace=False)
        most = max(self._near // len(inside), 1)
        found = []
        for leaf in inside:
            score = groups_in_common(dimension, dimension.member[:, leaf])[outside]
            order = np.lexsort((self.rng.random(len(outside)), -score))[:most]
            found += [of_leaf[leaf] - of_leaf[other] for other in outside[order]]
            found.append(of_leaf[leaf])
        return found
