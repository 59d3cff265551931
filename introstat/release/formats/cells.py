"""What the readers share: cells as a table, and the names that the measures' dimension has."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pyarrow as pa

from introstat.errors import UserError

MEASURE_LABEL_NB, MEASURE_LABEL_EN = "Statistikkvariabel", "Contents"
"""What Statistics Norway's tables call the dimension that holds the measures."""
VALUE_TYPE = pa.decimal128(24, 6)


def dense_table(
    lists: Sequence[tuple[str, Sequence[str]]],
    values: Sequence[Decimal | int | str | None],
    signs: Sequence[str],
    is_preliminary: bool | None = None,
) -> pa.Table:
    """Cells in row-major order as a table: a column for each code list, then `value` and `sign`.

    Raises UserError if there are fewer or more cells than the codes have combinations.
    """
    size = int(np.prod([len(codes) for _, codes in lists]))
    if len(values) != size:
        raise UserError(f"{len(values)} cells found, {size} expected of the code lists.")
    columns: dict[str, pa.Array] = {}
    inner, outer = size, 1
    for name, codes in lists:
        inner //= len(codes)
        places = np.tile(np.repeat(np.arange(len(codes), dtype=np.int32), inner), outer)
        outer *= len(codes)
        columns[name] = pa.DictionaryArray.from_arrays(places, pa.array(codes, pa.string()))
    return cells_table(columns, values, signs, is_preliminary)


def cells_table(
    codes: dict[str, pa.Array | Sequence[str]],
    values: Sequence[Decimal | int | str | None],
    signs: Sequence[str],
    is_preliminary: bool | None = None,
) -> pa.Table:
    """Cells with their codes as a table."""
    columns = {
        name: each if isinstance(each, pa.Array) else pa.array(each, pa.string())
        for name, each in codes.items()
    }
    exact = [None if each is None or each == "" else Decimal(each) for each in values]
    columns["value"] = pa.array(exact, VALUE_TYPE)
    columns["sign"] = pa.array(signs, pa.string())
    if is_preliminary is not None:
        columns["is_preliminary"] = pa.array(np.full(len(exact), is_preliminary))
    return pa.table(columns)


def one_line(text: str, line_break: str = " ") -> str:
    """A text on one line, without control characters."""
    lines = [" ".join(each.split()) for each in text.splitlines()]
    whole = line_break.join(each for each in lines if each)
    return "".join(each for each in whole if each.isprintable()).strip()


def repeated(cube_shape: Sequence[int], axis: int, texts: Sequence[str]) -> list[str]:
    """A text for each code of one axis, repeated for every cell in row-major order."""
    inner = int(np.prod(cube_shape[axis + 1 :]))
    outer = int(np.prod(cube_shape[:axis]))
    return list(np.tile(np.repeat(np.array(texts, dtype=object), inner), outer))
