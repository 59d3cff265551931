"""Linked cubes: what a reader knows beyond sums, and what earlier releases already told.

A link says that counts in one cube equal, or do not exceed, counts in another (or in the same one):
a year and its half-years, a measure's persons and the participants, one count under two names,
codes of the time and codes of the reference year. `join_counts` and `join_published` turn several
cubes and their links into one system, which suppression and audit take like any other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from introstat.disclosure.counts import Counts, Tables
from introstat.disclosure.errors import UserError
from introstat.disclosure.joint import JointSystem, Relation
from introstat.disclosure.layout import CodeList
from introstat.disclosure.published import UNKNOWN, Published, ReaderCube
from introstat.disclosure.system import Dimension, Ints, Mask, PublishedCells, System

SENSES = ("equal", "at_most")
AT_TOTAL = "\0total"  # stands for each dimension's own code of the total


@dataclass(frozen=True)
class Term:
    """The cells of one cube that a link speaks of.

    `at` fixes dimensions at a code. `through` gives a code list for a dimension: the term is then
    the sum over the children of each parent (codes of the time, summed to the reference year's).
    """

    cube: str
    at: Mapping[str, str] = field(default_factory=dict)
    through: Mapping[str, CodeList] = field(default_factory=dict)


@dataclass(frozen=True)
class Link:
    """The terms of `left` together equal (or are at most) those of `right` together.

    It holds for each combination of the codes of the dimensions that every term has and fixes
    nowhere. A dimension that only some terms have stands at its total there; where it has no
    total, the link holds for each of its codes. With `held` the difference of both sides is taken
    for known to the reader, where the counts keep the link; elsewhere it is no link.
    """

    name: str
    left: tuple[Term, ...]
    right: tuple[Term, ...]
    sense: str = "equal"
    held: bool = False


def cubes_in(links: Iterable[Link]) -> set[str]:
    """Return the cubes that links speak of."""
    return {term.cube for link in links for term in (*link.left, *link.right)}


def sized_by(links: Iterable[Link], cube: str) -> list[str]:
    """Return the cubes whose counts are persons among those of a cube: at most as many."""
    return sorted(
        {
            term.cube
            for link in links
            if link.sense == "at_most" and {term.cube for term in link.right} == {cube}
            for term in link.left
        }
    )


def relations_of(links: Iterable[Link], systems: Mapping[str, System]) -> list[Relation]:
    """Return the links, cell by cell. Raises UserError for a cube, dimension or code unknown."""
    return [relation for link in links for relation in _relations(link, systems)]


def join_counts(cubes: Mapping[str, Counts], links: Sequence[Link] = ()) -> Tables:
    """Return several cubes to be protected together, as one.

    A result over the joint system is cut up again by `part_of`. Raises UserError where the counts
    do not keep a link: then it is no identity, and a reader who believed it would be wrong.
    """
    systems = {name: counts.system for name, counts in cubes.items()}
    values = {name: counts.values for name, counts in cubes.items()}
    system = JointSystem(systems, _kept(relations_of(links, systems), values))
    unknowns = system.size - system.cell_count
    published = {name: counts.published for name, counts in cubes.items()}
    withheld = {name: counts.withheld for name, counts in cubes.items()}
    none = np.zeros(unknowns, dtype=bool)
    nowhere = np.full(unknowns, -1, dtype=np.int64)
    return Tables(
        system,
        system.complete(np.concatenate(list(values.values()))),
        PublishedCells.joined(published, system.start_of),
        PublishedCells.joined(withheld, system.start_of),
        np.concatenate([*(counts.known for counts in cubes.values()), none]),
        np.concatenate([*(counts.left_out for counts in cubes.values()), none]),
        np.concatenate([*(counts.level for counts in cubes.values()), nowhere]),
        np.concatenate([*(counts.block for counts in cubes.values()), nowhere]),
    )


def part_of(tables: Tables, cube: str, over_cells: Mask) -> Mask:
    """Return what a mask over a joint system says of one of its cubes."""
    assert isinstance(tables.system, JointSystem)
    start = tables.system.start_of[cube]
    return over_cells[start : start + tables.system.systems[cube].size]


def join_published(
    cubes: Mapping[str, ReaderCube],
    links: Sequence[Link] = (),
    relations: Sequence[Relation] = (),
    values: Mapping[str, Ints] | None = None,
) -> Published:
    """Return several published cubes as one; `relations` are further ties, cell by cell.

    Links that hold a difference need the true counts of each cube, `values`; without them they are
    left out.
    """
    systems = {name: published.system for name, published in cubes.items()}
    linked = relations_of([link for link in links if values or not link.held], systems)
    system = JointSystem(systems, [*(_kept(linked, values) if values else linked), *relations])
    rows = {name: PublishedCells(one.row_codes, one.row_cells) for name, one in cubes.items()}
    joined = PublishedCells.joined(rows, system.start_of)
    unknowns = np.full(system.size - system.cell_count, UNKNOWN, dtype=np.int64)
    return Published(
        system,
        joined.codes,
        joined.cells,
        np.concatenate([one.row_values for one in cubes.values()]),
        np.concatenate([*(one.known for one in cubes.values()), unknowns]),
        np.concatenate([system.start_of[name] + one.hidden for name, one in cubes.items()]),
        np.concatenate([system.start_of[name] + one.left_out for name, one in cubes.items()]),
        np.concatenate([system.start_of[name] + one.unseen for name, one in cubes.items()]),
    )


def join_rows(cubes: Mapping[str, ReaderCube], rows: Mapping[str, Sequence[int]]) -> list[int]:
    """Return rows of several published cubes, numbered as in `join_published`."""
    joined, before = [], 0
    for name, published in cubes.items():
        joined += [before + row for row in rows.get(name, ())]
        before += len(published.row_codes)
    return joined


def unrevised(now_name: str, now: ReaderCube, then_name: str, then: ReaderCube) -> list[Relation]:
    """Return the ties between a cube and the same cube in an earlier release.

    A cell that shows two different numbers was revised: they are two counts. Every other cell of
    both releases a reader takes to be the same count, shown or hidden, unless a sum says that
    something in it was revised.
    """
    cell_then = {
        codes: int(cell) for codes, cell in zip(then.row_codes, then.row_cells, strict=True)
    }
    pairs: dict[tuple[int, int], str] = {}
    change = np.zeros(now.system.size, dtype=np.int64)
    compared = np.zeros(now.system.size, dtype=bool)
    for codes, cell in zip(now.row_codes, now.row_cells.tolist(), strict=True):
        if codes in cell_then:
            pairs.setdefault((cell_then[codes], cell), now.system.label(codes))
            before, after = int(then.known[cell_then[codes]]), int(now.known[cell])
            if UNKNOWN not in (before, after):
                compared[cell], change[cell] = True, after - before
    equations = now.system.all_equations()
    left_over = equations.sums_of(change)
    broken = np.zeros(now.system.size, dtype=bool)
    broken[equations.cells[left_over[equations.rows] != 0]] = True
    tied = np.where(compared, change == 0, ~broken)
    return [
        Relation(f"unrevised {name}", ((then_name, before),), ((now_name, after),), True)
        for (before, after), name in pairs.items()
        if tied[after]
    ]


def already_shown(
    codes: Sequence[tuple[str, ...]], cells: Ints, values: Ints, earlier: Sequence[ReaderCube]
) -> Mask:
    """Return the cells whose value an earlier release showed: hiding them protects nothing.

    `codes` are those of `cells`; `values` has the present value of every cell of the system.
    """
    cell_of = dict(zip(codes, cells.tolist(), strict=True))
    known = np.zeros(len(values), dtype=bool)
    for release in earlier:
        for row, value in zip(release.row_codes, release.row_values.tolist(), strict=True):
            cell = cell_of.get(row)
            if cell is not None and value == values[cell]:
                known[cell] = True
    return known


def _kept(relations: Sequence[Relation], values: Mapping[str, Ints]) -> list[Relation]:
    """Return the relations without those that hold a difference which the counts do not have."""

    def total(cells: tuple[tuple[str, int], ...]) -> int:
        return sum(int(values[cube][cell]) for cube, cell in cells)

    return [r for r in relations if not r.held or total(r.left) <= total(r.right)]


def _relations(link: Link, systems: Mapping[str, System]) -> list[Relation]:
    if link.sense not in SENSES:
        raise UserError(f"Link {link.name}: expected {' or '.join(SENSES)}.")
    sides = [
        [_Open.of(link.name, term, systems) for term in terms] for terms in (link.left, link.right)
    ]
    terms = [*sides[0], *sides[1]]
    names = list(dict.fromkeys(name for term in terms for name in term.free))
    choices: list[list[str]] = []
    for name in names:
        having = [term for term in terms if name in term.free]
        shared = len(having) == len(terms)
        if shared or any(term.free[name].total is None for term in having):
            leaves = {term.free[name].leaves for term in having if name not in term.term.through}
            if shared and len(leaves) == 1 and not any(name in t.term.through for t in having):
                choices.append(list(leaves.pop()))  # what holds of the leaves holds of their sums
                continue
            common = set.intersection(*(set(term.codes(name)) for term in having))
            choices.append(sorted(common))
        else:
            choices.append([AT_TOTAL])
    relations = []
    for codes in product(*choices):
        at = dict(zip(names, codes, strict=True))
        left, right = ([c for term in side for c in term.cells(at)] for side in sides)
        if left and right:
            words = ", ".join(
                f"{name}={'total' if code == AT_TOTAL else code}" for name, code in at.items()
            )
            relations.append(
                Relation(
                    f"{link.name} ({words})" if words else link.name,
                    tuple(left),
                    tuple(right),
                    link.sense == "equal",
                    link.held,
                )
            )
    return relations


@dataclass(frozen=True)
class _Open:
    """A term with its cube's system; `free` are the dimensions it fixes nowhere."""

    term: Term
    system: System
    free: Mapping[str, Dimension]

    @classmethod
    def of(cls, link: str, term: Term, systems: Mapping[str, System]) -> "_Open":
        if term.cube not in systems:
            raise UserError(
                f"Link {link}: no cube {term.cube!r}; cubes: {', '.join(sorted(systems))}."
            )
        system = systems[term.cube]
        dimensions = {dimension.name: dimension for dimension in system.dimensions}
        for name in (*term.at, *term.through):
            if name not in dimensions:
                raise UserError(
                    f"Link {link}: the cube {term.cube} has no dimension {name!r}; "
                    f"dimensions: {', '.join(dimensions)}."
                )
        for name, code in term.at.items():
            if code not in dimensions[name].node_of:
                raise UserError(f"Link {link}: the cube {term.cube} has no {name} {code!r}.")
        free = {name: d for name, d in dimensions.items() if name not in term.at}
        return cls(term, system, free)

    def codes(self, name: str) -> list[str]:
        """Return the codes that the link can hold for: parents where there is a code list."""
        dimension = self.free[name]
        if name in self.term.through:
            return sorted({parent for _, parent in self.term.through[name].pairs})
        return [AT_TOTAL if code == dimension.total else code for code in dimension.node_of]

    def cells(self, at: Mapping[str, str]) -> list[tuple[str, int]]:
        """Return the cells of the term where the free dimensions stand at these codes."""
        codes: list[list[str]] = []
        for dimension in self.system.dimensions:
            code = self.term.at.get(dimension.name) or at[dimension.name]
            if dimension.name in self.term.through and code != AT_TOTAL:
                pairs = self.term.through[dimension.name].pairs
                children = [child for child, parent in pairs if parent == code]
                codes.append([child for child in children if child in dimension.node_of])
            else:
                codes.append([str(dimension.total) if code == AT_TOTAL else str(code)])
        return [(self.term.cube, self.system.cell(key)) for key in product(*codes)]
