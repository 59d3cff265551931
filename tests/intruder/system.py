"""Unknown whole numbers, what is known of each, and linear relations between them."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import sparse

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
MANY = 1e9


class Contradiction(Exception):
    """What was told cannot all be true: something is wrong in a file, or was revised."""


@dataclass
class System:
    """Unknowns by name, with bounds, and rows: low <= sum of factor times unknown <= high."""

    number: dict[Hashable, int] = field(default_factory=dict)
    names: list[Hashable] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    rows: list[tuple[tuple[int, ...], tuple[float, ...], float, float]] = field(
        default_factory=list
    )

    def of(self, name: Hashable) -> int:
        """The number of an unknown, which is made if it is not there."""
        found = self.number.get(name)
        if found is None:
            found = self.number[name] = len(self.names)
            self.names.append(name)
            self.low.append(0.0)
            self.high.append(MANY)
        return found

    def tell(self, name: Hashable, low: float, high: float = MANY) -> None:
        """Say that an unknown lies between two numbers, whatever was said before."""
        k = self.of(name)
        self.low[k], self.high[k] = max(self.low[k], low), min(self.high[k], high)
        if self.low[k] > self.high[k]:
            raise Contradiction(f"{name} is told as {low:g} to {high:g} and as something else")

    def row(self, terms: Iterable[tuple[int, float]], low: float, high: float = MANY) -> None:
        """Add a relation."""
        columns, factors = zip(*terms, strict=True)
        self.rows.append((columns, factors, low, high))

    def is_sum(self, whole: int, parts: Iterable[int]) -> None:
        """Add that an unknown is the sum of others."""
        parts = list(parts)
        if parts != [whole]:
            self.row([(whole, -1.0), *((part, 1.0) for part in parts)], 0.0, 0.0)

    def at_most(self, small: Iterable[int], large: Iterable[int]) -> None:
        """Add that a sum is at most another sum."""
        self.row([*((k, -1.0) for k in small), *((k, 1.0) for k in large)], 0.0)

    def matrix(self) -> tuple[sparse.csr_matrix, Floats, Floats]:
        """The relations as a matrix, with their low and high sides."""
        counts = [len(columns) for columns, _, _, _ in self.rows]
        columns = np.fromiter((c for row in self.rows for c in row[0]), dtype=np.int64)
        factors = np.fromiter((f for row in self.rows for f in row[1]), dtype=np.float64)
        start = np.concatenate([[0], np.cumsum(counts)])
        shape = (len(self.rows), len(self.names))
        built = sparse.csr_matrix((factors, columns, start), shape=shape)
        built.sum_duplicates()
        low = np.array([row[2] for row in self.rows])
        return built, low, np.array([row[3] for row in self.rows])


def bounds_of(system: System, rounds: int = 60) -> tuple[Floats, Floats]:
    """The bounds of every unknown that follow from one relation at a time, again and again."""
    matrix, row_low, row_high = system.matrix()
    low, high = np.array(system.low), np.array(system.high)
    entries = matrix.tocoo()
    rows, columns, factors = entries.row, entries.col, entries.data
    for _ in range(rounds):
        least = np.where(factors > 0, factors * low[columns], factors * high[columns])
        most = np.where(factors > 0, factors * high[columns], factors * low[columns])
        sum_least = np.bincount(rows, least, len(row_low))
        sum_most = np.bincount(rows, most, len(row_low))
        if (sum_least > row_high + 0.5).any() or (sum_most < row_low - 0.5).any():
            raise Contradiction("the relations cannot all hold")
        # What the others of the row leave for each of its unknowns.
        up = (row_high[rows] - (sum_least[rows] - least)) / factors
        down = (row_low[rows] - (sum_most[rows] - most)) / factors
        new_high, new_low = high.copy(), low.copy()
        np.minimum.at(new_high, columns, np.floor(np.where(factors > 0, up, down) + 1e-6))
        np.maximum.at(new_low, columns, np.ceil(np.where(factors > 0, down, up) - 1e-6))
        if (new_low > new_high).any():
            worst = int(np.argmax(new_low - new_high))
            raise Contradiction(f"{system.names[worst]} has no possible value")
        if np.array_equal(new_low, low) and np.array_equal(new_high, high):
            break
        low, high = new_low, new_high
    return low, high
