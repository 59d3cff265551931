"""How much of a release is shown: for those who decide the policy, and for the audit's report."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from introstat.disclosure.audit import ToldGroup
from introstat.disclosure.detail import COUNTRY, COUNTY, LEVEL_NAMES, Regions
from introstat.disclosure.policy import Policy
from introstat.disclosure.published import HIDDEN, LEFT_OUT

ROUNDED = "Rounded instead, each table by itself: every cell is shown, so many persons off."
_NOT_TO_HIDE = (COUNTRY, COUNTY)  # levels whose cells are hidden last


@dataclass(frozen=True)
class Shown:
    """What a count table shows at a level of regions: numbers of cells, by what stands in them.

    `regions` have at least one number, `persons` is the sum of the numbers shown.
    """

    table: str
    level: str
    cells: int
    shown: int
    hidden: int
    left_out: int
    regions: int
    persons: int


def usefulness(tables: Mapping[str, pa.Table], regions: Regions) -> list[Shown]:
    """What protected count tables show, table by table and level by level."""
    found = []
    for name, table in tables.items():
        by_level: dict[int, list[tuple[str, int | None, str]]] = {}
        columns = (table[column].to_pylist() for column in ("region", "value", "sign"))
        for region, value, sign in zip(*columns, strict=True):
            by_level.setdefault(regions.of[region].level, []).append((region, value, sign))
        for level, cells in sorted(by_level.items()):
            signs = [sign for _, _, sign in cells]
            found.append(
                Shown(
                    name,
                    LEVEL_NAMES[level],
                    len(cells),
                    signs.count(""),
                    signs.count(HIDDEN),
                    signs.count(LEFT_OUT),
                    len({region for region, _, sign in cells if not sign}),
                    sum(value or 0 for _, value, _ in cells),
                )
            )
    return found


def as_lines(compared: Sequence[tuple[Policy, Sequence[Shown]]]) -> Iterator[str]:
    """What is shown at several limits of detail, side by side: percent of the cells."""
    yield "Shown of all cells, percent, where as many persons must be expected for detail as:"
    for number, (policy, _) in enumerate(compared, 1):
        yield (
            f"  {number}: county {policy.county_expects}, municipality "
            f"{policy.municipality_expects}, main figures from {policy.main_from}"
        )
    numbers = "".join(f"{number:>7}" for number in range(1, len(compared) + 1))
    yield f"{'table':24}{'level':36}{'cells':>8}{numbers}"
    for rows in zip(*(shown for _, shown in compared), strict=True):
        percents = "".join(f"{100 * row.shown / row.cells:>7.1f}" for row in rows)
        yield f"{rows[0].table:24}{rows[0].level:36}{rows[0].cells:>8}{percents}"


def as_rows(shown: Sequence[Shown]) -> list[dict[str, Any]]:
    """The same for JSON."""
    return [asdict(one) for one in shown]


def numbers_of_groups(
    groups: Sequence[ToldGroup], policy: Policy, tables: Collection[str]
) -> dict[str, Any]:
    """How many whole groups a release's numbers tell by count table, and what the policy says."""
    told = {
        name: sum(group.table == name for group in groups)
        for name in policy.sensitive
        if name in tables
    }
    settings = {name: getattr(policy, name) for name in ("whole_groups", "group_from", "all_but")}
    return settings | {"told": told}


def groups_line(numbers: Mapping[str, Any]) -> str:
    """The same in a line for the terminal."""
    told = numbers["told"]
    if not told:
        return (
            "Whole groups: none looked for; the policy calls no outcome of these tables sensitive."
        )
    of_table = ", ".join(f"{name} {count}" for name, count in told.items())
    return (
        f"Whole groups told: {sum(told.values())} ({of_table}); the policy says "
        f"{numbers['whole_groups']}. The restricted audit.json lists them."
    )


def hidden_for_others(
    tables: Mapping[str, pa.Table], primaries: Mapping[str, pa.Table], regions: Regions
) -> Iterator[str]:
    """Cells of the country and of counties that are hidden though no small count themselves.

    There was no other choice: without them a small count could be worked out. Restricted, for it
    tells which cells are small.
    """
    for name, table in tables.items():
        names = [column for column in primaries[name].column_names]
        small = set(zip(*(primaries[name][column].to_pylist() for column in names), strict=True))
        columns = [table[column].to_pylist() for column in (*names, "sign")]
        for *codes, sign in zip(*columns, strict=True):
            level = regions.of[codes[names.index(regions.dimension)]].level
            if sign == HIDDEN and level in _NOT_TO_HIDE and tuple(codes) not in small:
                told = ", ".join(f"{n}={code}" for n, code in zip(names, codes, strict=True))
                yield f"{name}: {told}"
