"""The commands as a whole: each has help with an example, and the help comes at once."""

import io
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner
from rich.console import Console

from introstat import progress
from introstat.cli import main

# Each takes longer to import than a command's help may take.
HEAVY = {
    "altair", "cryptography", "dbt", "duckdb", "great_expectations", "highspy", "jinja2", "numpy",
    "openpyxl", "pandas", "pyarrow", "typst", "vl_convert", "xlsxwriter",
}  # fmt: skip


def all_commands() -> list[tuple[str, ...]]:
    """Every command as it is written after `introstat`, commands of commands among them."""
    context = click.Context(main)
    found: list[tuple[str, ...]] = []
    for name in main.list_commands(context):
        _, command, _ = main.resolve_command(context, [name])
        below = command.list_commands(context) if isinstance(command, click.Group) else []
        found += [(name,), *((name, each) for each in below)]
    return found


@pytest.mark.parametrize("command", all_commands(), ids=" ".join)
def test_every_command_has_help_with_an_example(command):
    result = CliRunner().invoke(main, [*command, "--help"])
    assert result.exit_code == 0
    _, _, examples = " ".join(result.output.split()).partition(" Example")
    assert f"introstat {' '.join(command)} " in examples


def test_the_program_says_in_a_line_what_each_command_is_for():
    program = Path(sys.executable).with_name("introstat")
    shown = subprocess.run([program, "--help"], capture_output=True, text=True, check=True)
    lines = shown.stdout.split("Commands:")[1].splitlines()[1:]
    told = dict(line.split(maxsplit=1) for line in lines)
    assert list(told) == sorted({name for name, *_ in all_commands()})
    assert all(what.endswith(".") and "..." not in what for what in told.values())


def test_no_help_imports_what_is_slow_to_import():
    asked = f"""
import sys
from click.testing import CliRunner
from introstat.cli import main
for command in {[(), *all_commands()]}:
    CliRunner().invoke(main, [*command, "--help"], catch_exceptions=False)
print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    imported = set(done.stdout.split())
    assert "introstat.disclosure.command" in imported
    assert imported & HEAVY == set()


def test_where_no_terminal_is_long_work_says_every_ten_seconds_how_far_it_has_come(monkeypatch):
    seconds = iter([0, 4, 10, 11, 20])
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    said = io.StringIO()
    with progress.shown(Console(file=said), "Building") as tell:
        for done in range(1, 4):
            tell(done, 3, "fct_participation")
    assert said.getvalue() == "Building: 2 of 3\n"
