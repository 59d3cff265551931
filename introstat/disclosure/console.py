"""What both commands print, as it is."""

from rich.console import Console


def say(console: Console, text: str) -> None:
    """Print a text as it is: no colours, no markup, no line breaks of the console's own."""
    console.print(text, highlight=False, soft_wrap=True, markup=False)
