"""What methods and strengths would show of the same counts: for those who decide the policy."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from introstat.disclosure.errors import UserError
from introstat.disclosure.frames import Frame, arrow_of
from introstat.disclosure.linked import Link
from introstat.disclosure.policy import Policy
from introstat.disclosure.protection import Cube, protect

WIDER = 2  # times the policy's doubt, in the stronger of two suppressions


@dataclass(frozen=True)
class Compared:
    """What one way of protecting a cube shows, or why it is refused.

    `cells` and `shown` are numbers of cells, `persons` the sum of the numbers shown; deviations
    (persons) are over all cells, 0 where nothing is rounded.
    """

    cube: str
    way: str
    cells: int = 0
    shown: int = 0
    persons: int = 0
    largest_deviation: int = 0
    mean_deviation: float = 0.0
    seconds: float = 0.0
    refused: str = ""


def compare_ways(
    cubes: Mapping[str, Cube],
    policy: Policy,
    links: Sequence[Link] = (),
    earlier: Mapping[str, Sequence[Frame]] | None = None,
    seed: int = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Compared]:
    """Return what suppression, a wider doubt and rounding show of the cubes; nothing is audited.

    Amounts of which few persons have nearly all are not looked after.
    Rounded cubes are taken one by one, without links and earlier releases: nothing is proved of
    rounded cubes together. A way that is refused is told with the reason.
    """
    found = []
    for width in (policy.min_width, WIDER * policy.min_width):
        way = f"suppress, doubt of {width}"
        own = {name: replace(cube, method="suppress", amounts=None) for name, cube in cubes.items()}
        found += _tried(own, replace(policy, min_width=width), way, links, earlier, seed, tell)
    found += compare_rounded(cubes, policy, seed, tell)
    return sorted(found, key=lambda one: list(cubes).index(one.cube))


def compare_rounded(
    cubes: Mapping[str, Cube],
    policy: Policy,
    seed: int = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Compared]:
    """Return how far from the truth rounding would take each cube, by itself."""
    found = []
    for name, cube in cubes.items():
        alone = {name: replace(cube, method="round", amounts=None)}
        found += _tried(alone, policy, f"round to {policy.round_base}", (), None, seed, tell)
    return found


def _tried(
    cubes: Mapping[str, Cube],
    policy: Policy,
    way: str,
    links: Sequence[Link],
    earlier: Mapping[str, Sequence[Frame]] | None,
    seed: int,
    tell: Callable[[str], None],
) -> list[Compared]:
    tell(way)
    started = time.perf_counter()
    try:
        done = protect(cubes, policy, links, earlier, seed, tell=tell)
    except UserError as refusal:
        why = refusal.format_message().splitlines()[0]
        return [Compared(name, way, refused=why) for name in cubes]
    seconds = round(time.perf_counter() - started, 1)
    found = []
    for name, one in done.items():
        values = arrow_of(one.table)["value"].to_pylist()
        shown = [value for value in values if value is not None]
        largest = one.summary.get("largest_deviation", 0)
        mean = one.summary.get("mean_deviation", 0.0)
        found.append(
            Compared(name, way, len(values), len(shown), sum(shown), largest, mean, seconds)
        )
    return found


def as_lines(compared: Sequence[Compared]) -> Iterator[str]:
    """Return a table for the terminal: a row for each cube and way."""
    width = max(len(one.cube) for one in compared)
    yield (
        f"{'cube':{width}}  {'way':22}{'cells':>8}{'shown %':>9}{'persons':>12}"
        f"{'largest deviation':>19}{'mean':>8}{'seconds':>9}"
    )
    for one in compared:
        start = f"{one.cube:{width}}  {one.way:22}"
        if one.refused:
            yield f"{start}  refused: {one.refused}"
            continue
        yield (
            f"{start}{one.cells:>8}{100 * one.shown / one.cells:>9.1f}{one.persons:>12}"
            f"{one.largest_deviation:>19}{one.mean_deviation:>8.2f}{one.seconds:>9.1f}"
        )
