"""What is refused, with the rows or cells named."""

from collections.abc import Callable, Sequence

from introstat.disclosure.errors import UserError

_SHOWN = 10


def refuse_rows(
    what: str, rows: Sequence[str], error: Callable[[str], UserError] = UserError
) -> None:
    """Raise an error that says what is wrong and names the rows, at most ten of them, if any."""
    if rows:
        more = f"\n  … and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
        raise error(f"{what}:\n  " + "\n  ".join(rows[:_SHOWN]) + more)


def refuse_repeats(
    keys: Sequence[tuple[str, ...]],
    lines: Sequence[int],
    name: Callable[[tuple[str, ...]], str] = ", ".join,
) -> None:
    """Raise UserError that names the rows, by their lines, of cells that a file has twice."""
    first: dict[tuple[str, ...], int] = {}
    twice = [
        f"rows {lines[first[key]]} and {lines[i]}: {name(key)}"
        for i, key in enumerate(keys)
        if first.setdefault(key, i) != i
    ]
    refuse_rows("Duplicate cells", twice)
