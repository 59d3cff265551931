"""Which detail a region shows: decided before protection, and from published sizes alone.

A region shows a category where so many persons can be expected in it: the region's published size
times the category's share of the whole country. The counts themselves decide nothing, so what is
left out tells nothing. What is left out is no hidden cell: it has a sign of its own, may be zero,
and a small count in it is protected like any other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from introstat.disclosure.counts import Counts
from introstat.disclosure.policy import Policy
from introstat.disclosure.system import Dimension, Floats, Ints, Mask

COUNTRY, COUNTY, DERIVED_COUNTY, MUNICIPALITY, DERIVED_MUNICIPALITY = range(5)
"""Levels of regions, what is worth most first. Derived: codes of another year, beside the first."""

LEVEL_NAMES = (
    "country",
    "county",
    "county of the reference year",
    "municipality",
    "municipality of the reference year",
)


@dataclass(frozen=True)
class Region:
    """A region of a table: its level, the block of municipalities it lies in, what it rests on.

    Municipalities of one block lie in the same counties, at the time and in another year: what one
    loses another can take, and no county changes.
    `parts` are groups of codes that this region's figures would give away beside those of others:
    it shows no more than the smallest of them could.
    """

    level: int
    block: int = -1
    parts: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Regions:
    """The regions of linked tables: which dimension they are, each code's, which cube sizes them.

    `main` gives for a cube the codes of its other dimensions that every region shows, for cubes
    that have main figures: the total of `sizes` always, others from the policy's `main_from`.
    `together` lists municipalities whose sum two sets of regions give away (those of a county that
    went to another county), `members` the municipalities that a region without detail stands for.
    `persons` is the cube that counts the persons of `sizes` in detail. Where several periods are
    protected together, `cubes` are those of this one (none named: all).
    """

    dimension: str
    of: Mapping[str, Region]
    sizes: str
    main: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    together: tuple[tuple[str, ...], ...] = ()
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    persons: str = ""
    cubes: frozenset[str] = frozenset()


def nodes_of(dimension: Dimension, regions: Regions) -> tuple[Ints, Ints]:
    """Return the level and the block of each node of the regions' dimension.

    A node with several codes has the level that is worth most.
    """
    level = np.full(dimension.size, DERIVED_MUNICIPALITY, dtype=np.int64)
    block = np.full(dimension.size, -1, dtype=np.int64)
    for code, node in dimension.node_of.items():
        region = regions.of[code]
        level[node] = min(level[node], region.level)
        if region.level >= MUNICIPALITY:
            block[node] = region.block
    block[level < MUNICIPALITY] = -1
    return level, block


def sizes_of_table(own: Mapping[str, int], regions: Regions) -> dict[str, int]:
    """Return the size of each region for the rule: its published count, 0 where it is hidden.

    A region is no larger than the smallest of its parts.
    """
    return {
        code: min([size, *(sum(own[part] for part in group) for group in regions.of[code].parts)])
        for code, size in own.items()
    }


def leave_out(
    counts: Counts, cube: str, regions: Regions, sizes: Mapping[str, int], policy: Policy
) -> Counts:
    """Return the counts with the cells that the policy's rule for detail leaves out."""
    axis = counts.system.axis_of(regions.dimension)
    dimension = counts.system.dimensions[axis]
    level, _ = nodes_of(dimension, regions)
    shown = counts.is_published
    table = np.moveaxis(counts.values.reshape(counts.system.shape), axis, 0)
    others = [d for k, d in enumerate(counts.system.dimensions) if k != axis]
    country = int(np.flatnonzero(level == COUNTRY)[0])
    told = np.moveaxis(shown.reshape(counts.system.shape), axis, 0)[country]
    size = np.zeros(dimension.size)
    for code, node in reversed(list(dimension.node_of.items())):
        size[node] = sizes.get(code, 0)
    [whole] = [code for code, region in regions.of.items() if region.level == COUNTRY]
    share = _as_of_the_rarer_of_two(table[country] / max(sizes[whole], 1), told, others)
    expected = size.reshape(-1, *[1] * share.ndim) * share
    in_municipalities = level >= MUNICIPALITY
    least = np.where(in_municipalities, policy.municipality_expects, policy.county_expects)
    out: Mask = np.less(expected, least.reshape(-1, *[1] * share.ndim))
    main = np.zeros(share.shape, dtype=bool)
    if cube in regions.main:
        main[np.ix_(*(_nodes(d, regions.main[cube][d.name]) for d in others))] = True
    large = (size >= policy.main_from) | (level <= COUNTY)
    out[large] &= ~main
    out[~large] = True
    if cube == regions.persons:
        number: list[Any] = [slice(None), *(d.node_of[str(d.total)] for d in others)]
        out[tuple(number)] = False
    out &= table[country] > 0  # what nobody in the country has is no secret in a region
    out[level == COUNTRY] = False
    left_out = shown & np.moveaxis(out, 0, axis).ravel()
    return replace(counts, left_out=left_out)


def _nodes(dimension: Dimension, codes: Iterable[str]) -> list[int]:
    return [dimension.node_of[code] for code in codes if code in dimension.node_of]


def _told_leaves(told: Mask, axis: int, dimension: Dimension) -> Ints:
    """Return the leaves of a dimension that are published; none where it has no total."""
    others = tuple(k for k in range(told.ndim) if k != axis)
    leaves: Ints = np.flatnonzero(np.asarray(told.any(axis=others))[: len(dimension.leaves)])
    return leaves if dimension.total is not None else leaves[:0]


def _as_of_the_rarer_of_two(share: Floats, told: Mask, dimensions: Sequence[Dimension]) -> Floats:
    """Return the shares, of each of two (sexes) that of the rarer: one shown gives the other."""
    share = share.copy()
    for axis, dimension in enumerate(dimensions):
        leaves = _told_leaves(told, axis, dimension)
        if len(leaves) == 2:
            along = np.moveaxis(share, axis, 0)
            along[leaves] = along[leaves].min(axis=0)
    return share
