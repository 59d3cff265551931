"""Municipalities through time.

A *lineage* is one path from a municipality of 1 January 2016 to the codes that followed it. A
municipality that was later split has one lineage per successor. Events carry a lineage and a date;
together they give the code that was valid on that date.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import numpy as np

from introstat.synth.draw import Floats, Ints, day, stream
from introstat.synth.parameters import data, read_csv, seed_path

BASE_DATE = "2016-01-01"


@dataclass(frozen=True)
class Geography:
    """The lineages and what is known of them."""

    codes: list[str]  # every municipality code that occurs; `code` fields are positions in it
    breaks: Ints  # dates on which codes changed
    table: Ints  # code by period (row) and lineage (column); period 0 is before the first change
    weights: Floats  # relative number of participants per lineage
    founded: Ints  # first day on which the lineage's oldest code was valid
    capital: Ints  # the largest lineage of the same county

    def code_at(self, lineage: Ints, date: Ints) -> Ints:
        """Return the code valid on the date."""
        return np.asarray(self.table[np.searchsorted(self.breaks, date, side="right"), lineage])

    @property
    def size(self) -> int:
        """The number of lineages."""
        return int(self.table.shape[1])


_settled_in: int | None = None


@contextmanager
def settled_in(municipalities: int | None) -> Iterator[None]:
    """Let all live in so many of the largest municipalities while the block runs; None: in any."""
    global _settled_in
    _settled_in = municipalities
    geography.cache_clear()
    try:
        yield
    finally:
        _settled_in = None
        geography.cache_clear()


@cache
def geography() -> Geography:
    """Return municipalities from the warehouse's seeds, sizes from `municipality_weights.csv`."""
    rows = read_csv(seed_path("geography/municipalities.csv"))
    county: dict[str, str] = {}
    founded: dict[str, str] = {}
    for row in rows:
        code, start = row["municipality_code"], row["valid_from"]
        founded[code] = min(founded.get(code, start), start)
        if start <= BASE_DATE < (row["valid_to"] or "9999"):
            county[code] = row["county_code"]

    changes: dict[str, dict[str, list[str]]] = {}
    for row in read_csv(seed_path("geography/municipality_changes.csv")):
        successors = changes.setdefault(row["change_date"], {})
        successors.setdefault(row["old_code"], []).append(row["new_code"])
    dates = sorted(date for date in changes if date > BASE_DATE)

    paths = [[code] for code in sorted(county)]
    for date in dates:
        paths = [
            [*path, successor]
            for path in paths
            for successor in sorted(changes[date].get(path[-1], [path[-1]]))
        ]

    codes = sorted({code for path in paths for code in path})
    position = {code: number for number, code in enumerate(codes)}
    weights = _weights([path[0] for path in paths])
    if _settled_in is not None:
        weights[np.argsort(-weights, kind="stable")[_settled_in:]] = 0.0
    largest: dict[str, int] = {}
    for number in np.argsort(-weights, kind="stable"):
        largest.setdefault(county[paths[number][0]], int(number))
    return Geography(
        codes=codes,
        breaks=np.array([day(date) for date in dates]),
        table=np.array([[position[code] for code in step] for step in zip(*paths, strict=True)]),
        weights=weights,
        founded=np.array([day(founded[path[0]]) for path in paths]),
        capital=np.array([largest[county[path[0]]] for path in paths]),
    )


def _weights(base_codes: list[str]) -> Floats:
    """Return listed sizes, a typical small one for the rest. Split paths share the size."""
    rows = data("municipality_weights.csv")
    listed = {row["municipality_code"]: float(row["weight"]) for row in rows}
    # The sizes are part of the country, not of the run: the same whatever the seed.
    rng = stream(0, "municipality sizes")
    typical = {code: float(rng.lognormal(3.2, 0.6)) for code in sorted(set(base_codes))}
    size = typical | {code: listed[code] for code in typical if code in listed}
    return np.array([size[code] / base_codes.count(code) for code in base_codes])
