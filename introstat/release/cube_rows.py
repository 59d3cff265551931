"""A published table from rows: cells are checked one by one, and placed in dense arrays."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from introstat.disclosure.published import CANNOT_OCCUR, SIGNS
from introstat.errors import UserError
from introstat.release.cube import (
    MEASURE,
    Measure,
    Numbers,
    PublishedCube,
    PublishedDimension,
    SignNumbers,
)

_SHOWN = 10
_MOST = 2**53
"""Numbers above it are not exact as doubles, which JSON and Excel have nothing else than."""


def cube_from_rows(
    rows: pa.Table,
    *,
    name: str,
    dimensions: Sequence[PublishedDimension],
    measures: Sequence[Measure],
    **about: Any,
) -> PublishedCube:
    """Make a cube of rows with a column for each dimension, and measure, value and sign.

    `about` are the other fields of the class. A combination that no row has cannot occur.
    Raises UserError, with the cells named, for a cell given twice, an unknown code, measure or
    sign, a value beside a sign, neither value nor sign, and more decimals than the measure is
    published with.
    """
    numbers, signs = _arrays(rows, name, dimensions, measures)
    return PublishedCube(
        name=name,
        dimensions=tuple(dimensions),
        measures=tuple(measures),
        numbers=numbers,
        sign_numbers=signs,
        **about,
    )


def _arrays(
    rows: pa.Table, name: str, dimensions: Sequence[PublishedDimension], measures: Sequence[Measure]
) -> tuple[Numbers, SignNumbers]:
    """The arrays of numbers and signs that rows make."""
    wanted = [*(each.name for each in dimensions), MEASURE, "value", "sign"]
    if lacking := [each for each in wanted if each not in rows.column_names]:
        raise UserError(
            f"Table {name}: no column {lacking[0]}; found {', '.join(rows.column_names)}."
        )
    lists = [(each.name, each.code_names) for each in dimensions]
    lists.append((MEASURE, tuple(each.name for each in measures)))
    shape = tuple(len(codes) for _, codes in lists)
    places = []
    for column, codes in lists:
        texts = pc.cast(rows[column], pa.string())
        found = pc.index_in(texts, pa.array(codes, pa.string()))
        unknown = np.flatnonzero(pc.is_null(found).to_numpy(zero_copy_only=False))
        _refuse(name, rows, wanted, unknown, f"{column} is not in the code list")
        places.append(pc.fill_null(found, 0).to_numpy())
    cells = np.ravel_multi_index(places, shape) if rows.num_rows else np.empty(0, dtype=np.intp)
    order = np.argsort(cells, kind="stable")
    again = order[1:][cells[order][1:] == cells[order][:-1]]
    _refuse(name, rows, wanted, np.sort(again), "the cell is given twice")

    signs = pc.fill_null(pc.cast(rows["sign"], pa.string()), "")
    sign_places = pc.index_in(signs, pa.array(SIGNS, pa.string()))
    unknown = np.flatnonzero(pc.is_null(sign_places).to_numpy(zero_copy_only=False))
    _refuse(name, rows, wanted, unknown, f"unknown sign; signs are {', '.join(SIGNS[1:])}")
    sign_numbers = sign_places.to_numpy().astype(np.uint8)
    has_value = pc.is_valid(rows["value"]).to_numpy(zero_copy_only=False)
    both = np.flatnonzero(has_value & (sign_numbers != 0))
    _refuse(name, rows, wanted, both, "a value beside a sign")
    neither = np.flatnonzero(~has_value & (sign_numbers == 0))
    _refuse(name, rows, wanted, neither, "neither a value nor a sign")

    scale = np.array([10**each.decimals for each in measures], dtype=np.float64)[places[-1]]
    value = pc.cast(rows["value"], pa.float64(), safe=False)
    exact = pc.fill_null(value, 0.0).to_numpy() * scale
    with np.errstate(invalid="ignore"):
        whole = np.rint(exact)
        off = ~(np.abs(exact - whole) <= 1e-6 * np.maximum(1, np.abs(exact) * 1e-3))
        off |= ~(np.abs(exact) < _MOST)
    _refuse(
        name, rows, wanted, np.flatnonzero(off),
        "more decimals than the measure has, or not a number that every format holds",
    )  # fmt: skip

    numbers = np.zeros(int(np.prod(shape)), dtype=np.int64)
    all_signs = np.full(numbers.size, SIGNS.index(CANNOT_OCCUR), dtype=np.uint8)
    numbers[cells] = whole.astype(np.int64)
    all_signs[cells] = sign_numbers
    return numbers.reshape(shape), all_signs.reshape(shape)


def _refuse(
    name: str, rows: pa.Table, wanted: Sequence[str], where: npt.NDArray[np.intp], what: str
) -> None:
    """Raise UserError that names the cells of these rows, never their values; none, no error."""
    if not where.size:
        return
    # Beside a sign of hiding, the value is what nobody may see.
    shown = (
        rows.select([each for each in wanted if each != "value"])
        .take(pa.array(where[:_SHOWN]))
        .to_pylist()
    )
    lines = [", ".join(f"{key} {value}" for key, value in row.items()) for row in shown]
    more = f"\n  … and {where.size - _SHOWN} more" if where.size > _SHOWN else ""
    raise UserError(f"Table {name}: {what}:\n  " + "\n  ".join(lines) + more)
