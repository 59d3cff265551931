"""How far long work has come: one bar in the terminal, gone when it is done, or a line at times."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Tell = Callable[[int, int, str], None]
"""A progress callback: how many of how many are done, and what is next."""
# Between two lines where there is no terminal.
_SECONDS = 10


def silent(done: int, total: int, name: str) -> None:
    """Do nothing: the default progress callback."""


@contextmanager
def shown(console: Console, doing: str) -> Iterator[Tell]:
    """Show how far it has come while the block runs, and give the callback that says it."""
    if not console.is_terminal:
        yield _lines(console, doing)
        return
    columns = (
        TextColumn(doing),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[name]}", markup=False),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(doing, total=None, name="")

        def tell(done: int, total: int, name: str) -> None:
            bar.update(task, completed=done, total=total, name=name)

        yield tell


def _lines(console: Console, doing: str) -> Tell:
    last = time.monotonic()

    def tell(done: int, total: int, name: str) -> None:
        nonlocal last
        if time.monotonic() - last >= _SECONDS:
            last = time.monotonic()
            console.print(f"{doing}: {done} of {total}", markup=False, highlight=False)

    return tell
