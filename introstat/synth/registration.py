"""How late things are registered: the delay from an event until NIR knows of it.

Most within the municipalities' two months, a long tail after; municipalities differ in pace; part
of what is late is entered in the days before the yearly deadline of 15 January.
"""

import numpy as np

from introstat.synth.draw import Ints, between, choose, happens, new_year, stream, year_of
from introstat.synth.geography import geography
from introstat.synth.parameters import parameters

TWO_MONTHS = 61
DEADLINE_DAY = 14
"""Days after 1 January on which the year before must be complete."""


def registered(rng: np.random.Generator, event: Ints, lineage: Ints) -> Ints:
    """Return the day on which each event is registered, never before the event."""
    p = parameters()["registration"]
    weights, means, least = zip(*p["delay"], strict=True)
    kind = choose(rng, list(weights), len(event))
    scale = np.array(means)[kind] / 1.2
    delay = np.array(least)[kind] + rng.gamma(1.2, scale)
    date = event + (delay * _pace()[lineage]).astype(np.int64)

    deadline = new_year(year_of(event) + 1) + DEADLINE_DAY
    pulled = (date > deadline) & (event + TWO_MONTHS < deadline)
    pulled &= happens(rng, p["deadline"], len(event))
    return np.where(pulled, deadline - between(rng, (0, 12), len(event)), date)


def _pace() -> np.typing.NDArray[np.float64]:
    """Return a municipality's factor on every delay, the same whatever the seed."""
    spread = parameters()["registration"]["municipality_spread"]
    return stream(0, "registration pace").lognormal(0.0, spread, geography().size)
