"""How far long work has come: one bar in the terminal, gone when it is done."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Tell = Callable[[int, int, str], None]
"""Told how many of how many are done, and what is next."""


def silent(done: int, total: int, name: str) -> None:
    """Tell nobody: the default of what can be told."""


@contextmanager
def shown(console: Console, doing: str) -> Iterator[Tell]:
    """Show a bar while the block runs and give what to tell it; nothing where no terminal is."""
    columns = (
        TextColumn(doing),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[name]}", markup=False),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(doing, total=None, name="")

        def tell(done: int, total: int, name: str) -> None:
            bar.update(task, completed=done, total=total, name=name)

        yield tell
