"""What the formats share: cells as a table, and texts on one line."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pyarrow as pa

from introstat.errors import UserError
from introstat.release.cube import code_columns

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
    return cells_table(code_columns(lists), values, signs, is_preliminary)


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
