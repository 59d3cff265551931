"""What a set of tables looks like: dimensions, hierarchies, totals, and which cells each table
shows.

Read from the files themselves (a column pair such as `region>county`) or from a code list. Used by
the methods for what they are about to publish and by the audit for what has been published.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pyarrow as pa

from introstat.disclosure.errors import UserError
from introstat.disclosure.refusals import refuse_rows
from introstat.disclosure.system import Dimension, Group
from introstat.disclosure.textfile import lines_of, read_text_csv


@dataclass(frozen=True)
class ColumnHierarchy:
    """Columns of the file itself, finest first: `region>county>part_of_country`."""

    levels: tuple[str, ...]

    @property
    def dimension(self) -> str:
        """The column whose codes are grouped."""
        return self.levels[0]


@dataclass(frozen=True)
class CodeList:
    """Pairs (child, parent) of one dimension; a child with several parents: groups that cross."""

    dimension: str
    name: str
    pairs: tuple[tuple[str, str], ...]


Hierarchy = ColumnHierarchy | CodeList


@dataclass(frozen=True)
class Layout:
    """Dimensions (column names), their hierarchies, and the tables that show them.

    `totals` gives the code of a dimension's total where it is not `Total`, or None where the
    dimension has none. `unpublished` lists leaves that no table shows, though they count in totals
    (protected addresses, which are in the country only): a reader can work them out like any other.
    `untold` are such leaves that say nothing of anybody (sex not registered): no harm is in it.
    `categories` are codes that are no sums, whatever they are named and count.
    `tables` lists the items of each linked table: a dimension (all its levels), one level of it
    (`county`), or some of its hierarchies (`region>county`); a dimension that a table leaves out
    stands at its total. No tables means one table of all dimensions.
    """

    dims: tuple[str, ...]
    hierarchies: tuple[Hierarchy, ...] = ()
    totals: Mapping[str, str | None] = field(default_factory=dict)
    tables: tuple[tuple[str, ...], ...] = ()
    unpublished: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    untold: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a layout that names a dimension twice or a hierarchy of no dimension."""
        if twice := [name for name, times in Counter(self.dims).items() if times > 1]:
            raise UserError(f"The dimension {twice[0]} is given twice.")
        for what, names in (
            ("Hierarchy", [hierarchy.dimension for hierarchy in self.hierarchies]),
            ("Total", self.totals),
            ("Unpublished code", self.unpublished),
            ("Untold code", self.untold),
            ("Category", self.categories),
        ):
            for name in names:
                if name not in self.dims:
                    raise UserError(
                        f"{what} of {name}: not a dimension; dimensions: {', '.join(self.dims)}."
                    )


def flat(layout: Layout) -> Layout:
    """Return the layout of figures that have no sums: no code is a total of others."""
    return Layout(layout.dims, (), dict.fromkeys(layout.dims))


def parse_hierarchy(text: str, folder: Path = Path()) -> Hierarchy:
    """Read `region>county` (columns, finest first) or `region=FILE` (a code list in `folder`)."""
    if ">" in text:
        levels = tuple(level.strip() for level in text.split(">"))
        if all(levels) and len(set(levels)) == len(levels):
            return ColumnHierarchy(levels)
    elif "=" in text:
        dimension, _, file = (part.strip() for part in text.partition("="))
        if dimension and file:
            return read_code_list(dimension, folder / file)
    raise UserError(f"Hierarchy {text!r}: expected `child>parent` or `dimension=FILE`.")


def read_code_list(dimension: str, path: Path) -> CodeList:
    """Read a code list: a CSV file with the columns `child` and `parent`, a pair in each row."""
    table = read_text_csv(path)
    for column in ("child", "parent"):
        if column not in table.column_names:
            raise UserError(
                f"Code list {path}: no column {column}; found {', '.join(table.column_names)}."
            )
    lines = lines_of(table)
    pairs = list(zip(table["child"].to_pylist(), table["parent"].to_pylist(), strict=True))
    refuse_rows(
        f"Code list {path}: a child or a parent is empty",
        [
            f"row {lines[i]}: {child!r} > {parent!r}"
            for i, (child, parent) in enumerate(pairs)
            if not (child and parent)
        ],
    )
    return CodeList(dimension, path.stem, tuple(dict.fromkeys(pairs)))


def text_column(table: pa.Table, name: str) -> list[str]:
    """Return the codes of a column as text; missing becomes ''."""
    if name not in table.column_names:
        raise UserError(f"No column {name}; the file has {', '.join(table.column_names)}.")
    return ["" if v is None else str(v) for v in table[name].to_pylist()]


def dimensions_of(layout: Layout, tables: Sequence[pa.Table]) -> tuple[Dimension, ...]:
    """Return the dimensions that the files show: leaves sorted, groups from the hierarchies.

    A code that a hierarchy does not place (an unknown parent), or a child with two parents in one
    hierarchy, is refused.
    """
    return tuple(_dimension(name, layout, tables) for name in layout.dims)


def _dimension(name: str, layout: Layout, tables: Sequence[pa.Table]) -> Dimension:
    total = layout.totals.get(name, "Total")
    codes: set[str] = set()
    ways: dict[str, list[tuple[str, ...]]] = {}
    level_of: dict[str, str] = {}
    for table in tables:
        if name in table.column_names:
            codes.update(text_column(table, name))
    codes.discard("")
    codes.update(layout.unpublished.get(name, ()), layout.untold.get(name, ()))
    own = [h for h in layout.hierarchies if h.dimension == name]
    lists = [h for h in own if isinstance(h, CodeList)]
    chains = [_column_chain(h, tables) for h in own if isinstance(h, ColumnHierarchy)]
    for chain in chains:
        for level, parent_of in chain:
            for code, children in _children(parent_of.items()).items():
                if level_of.setdefault(code, level) != level:
                    raise UserError(
                        f"Dimension {name}: the code {code!r} is both a {level_of[code]} and "
                        f"a {level}. Give the groups codes of their own."
                    )
                ways.setdefault(code, []).append(children)
    for code_list in lists:
        for code, children in _children(code_list.pairs).items():
            if code != total:
                level_of.setdefault(code, code_list.name)
            ways.setdefault(code, []).append(children)
        codes.update(child for child, _ in code_list.pairs)
    top_ways = ways.pop(total, []) if total is not None else []
    leaves = tuple(sorted(codes - set(level_of) - {total}))
    if not leaves and total is not None:
        return Dimension(name, (total,), (), total)  # nothing but the total is shown
    _refuse_unplaced(name, leaves, chains, lists)
    if total is not None:
        top_ways += [tuple(sorted(set(chain[-1][1].values()))) for chain in chains if chain[-1][1]]
        for code_list in lists:
            below = {child for child, _ in code_list.pairs}
            tops = tuple(sorted({parent for _, parent in code_list.pairs} - below - {total}))
            if tops and _adds_up(tops, ways, leaves):
                top_ways.append(tops)
        ways[total] = list(dict.fromkeys([*top_ways, leaves]))
        level_of[total] = "Total"
    return Dimension(name, leaves, tuple(_in_order(name, ways, level_of, leaves)), total)


def _column_chain(
    hierarchy: ColumnHierarchy, tables: Sequence[pa.Table]
) -> list[tuple[str, dict[str, str]]]:
    chain = []
    for child, parent in zip(hierarchy.levels[:-1], hierarchy.levels[1:], strict=True):
        parent_of: dict[str, str] = {}
        clashes = []
        for table in tables:
            lines = lines_of(table)
            if {hierarchy.dimension, child, parent} <= set(table.column_names):
                for row, (a, b) in enumerate(
                    zip(text_column(table, child), text_column(table, parent), strict=True)
                ):
                    if a and b and parent_of.setdefault(a, b) != b:
                        clashes.append(
                            f"row {lines[row]}: {child} {a} has {parent} {b} and {parent_of[a]}"
                        )
        refuse_rows(f"Hierarchy {child}>{parent}: a child with two parents", clashes)
        chain.append((parent, parent_of))
    return chain


def _children(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    children: dict[str, set[str]] = {}
    for child, parent in pairs:
        children.setdefault(parent, set()).add(child)
    return {parent: tuple(sorted(codes)) for parent, codes in sorted(children.items())}


def _refuse_unplaced(
    name: str,
    leaves: Sequence[str],
    chains: Sequence[Sequence[tuple[str, Mapping[str, str]]]],
    lists: Sequence[CodeList],
) -> None:
    """Every leaf has a parent in every column hierarchy, and in the code lists taken together."""
    for chain in chains:
        level, parent_of = chain[0]
        if parent_of:
            refuse_rows(
                f"Unknown parent: codes of {name} without {level}",
                [leaf for leaf in leaves if leaf not in parent_of],
            )
        for (_, below), (level, parent_of) in pairwise(chain):
            refuse_rows(
                f"Unknown parent: groups of {name} without {level}",
                sorted(code for code in set(below.values()) if code not in parent_of),
            )
    for code_list in lists:
        listed = {code for pair in code_list.pairs for code in pair}
        refuse_rows(
            f"Unknown parent: codes of {name} not in the code list {code_list.name}",
            [leaf for leaf in leaves if leaf not in listed],
        )


def _adds_up(
    tops: Sequence[str], ways: Mapping[str, list[tuple[str, ...]]], leaves: Sequence[str]
) -> bool:
    """Return whether the top groups share out all leaves, each in one group only."""

    def cover(code: str) -> list[str]:
        return [leaf for part in ways[code][0] for leaf in cover(part)] if code in ways else [code]

    return sorted(leaf for top in tops for leaf in cover(top)) == sorted(leaves)


def _in_order(
    name: str,
    ways: Mapping[str, list[tuple[str, ...]]],
    level_of: Mapping[str, str],
    leaves: Sequence[str],
) -> list[Group]:
    """Return the groups, children before parents; a group that holds itself is refused."""
    placed = set(leaves)
    waiting = dict(sorted(ways.items()))
    ordered: list[Group] = []
    while waiting:
        ready = [
            code for code, way in waiting.items() if all(placed.issuperset(parts) for parts in way)
        ]
        if not ready:
            raise UserError(
                f"Dimension {name}: groups without leaves, or in a circle: "
                f"{', '.join(sorted(waiting))}."
            )
        for code in ready:
            parts_of = tuple(parts for parts in waiting.pop(code) if parts)
            ordered.append(Group(code, level_of[code], parts_of))
            placed.add(code)
    return [group for group in ordered if group.parts]


def shown_codes(
    layout: Layout, dimensions: Sequence[Dimension]
) -> list[dict[str, tuple[str, ...]]]:
    """Return for each table the codes that it shows of each dimension."""
    return [_codes_of_table(items, layout, dimensions) for items in layout.tables or (layout.dims,)]


def withheld_codes(
    layout: Layout, dimensions: Sequence[Dimension]
) -> list[dict[str, tuple[str, ...]]]:
    """Return the same with the unpublished codes beside the shown ones, if there are any."""
    if not layout.unpublished:
        return []
    return [
        {name: (*codes, *layout.unpublished.get(name, ())) for name, codes in shown.items()}
        for shown in shown_codes(layout, dimensions)
    ]


def _codes_of_table(
    items: Sequence[str], layout: Layout, dimensions: Sequence[Dimension]
) -> dict[str, tuple[str, ...]]:
    shown: dict[str, tuple[str, ...]] = {}
    for item in items:
        name, levels = _levels(item, layout, dimensions)
        if name in shown:
            raise UserError(f"Table {','.join(items)}: the dimension {name} stands in it twice.")
        dimension = next(d for d in dimensions if d.name == name)
        unseen = {*layout.unpublished.get(name, ()), *layout.untold.get(name, ())}
        size = {code: len(dimension.leaves_of[node]) for code, node in dimension.node_of.items()}
        shown[name] = tuple(
            code
            for code in sorted(size, key=lambda code: (-size[code], code))
            if (code == dimension.total or dimension.level_of[code] in levels)
            and code not in unseen
        )
    for dimension in dimensions:
        if dimension.name not in shown:
            if dimension.total is None:
                raise UserError(
                    f"Table {','.join(items)} leaves out {dimension.name}, which has no total "
                    "to stand at."
                )
            shown[dimension.name] = (dimension.total,)
    return shown


def _levels(item: str, layout: Layout, dimensions: Sequence[Dimension]) -> tuple[str, set[str]]:
    """Return the dimension of a table's item and the levels of it that the table shows."""
    if item in layout.dims:
        dimension = next(d for d in dimensions if d.name == item)
        return item, set(dimension.level_of.values())
    if ">" in item:
        chains = [tuple(part.strip() for part in chain.split(">")) for chain in item.split("+")]
        names = {chain[0] for chain in chains}
        levels = {level for chain in chains for level in chain}
        if len(names) == 1 and (name := names.pop()) in layout.dims:
            dimension = next(d for d in dimensions if d.name == name)
            if levels <= set(dimension.level_of.values()):
                return name, levels
    for dimension in dimensions:
        if item in set(dimension.level_of.values()) - {"Total"}:
            return dimension.name, {item}
    raise UserError(
        f"Table item {item!r}: neither a dimension nor a level of one of {', '.join(layout.dims)}."
    )
