"""Which package of introstat may import which."""

import ast
from pathlib import Path

from conftest import ROOT


def imported(path: Path) -> set[str]:
    """Return every module that a file imports, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
    return found


def importers(package: str) -> set[str]:
    """Return the packages and modules directly in introstat that import from a package."""
    root = ROOT / "introstat"
    return {
        path.relative_to(root).parts[0]
        for path in root.rglob("*.py")
        if any(name == package or name.startswith(f"{package}.") for name in imported(path))
    } - {package.removeprefix("introstat.")}


def test_mapping_knows_nothing_of_the_receipt_which_uses_it():
    assert "mapping" not in importers("introstat.receipt")
    assert importers("introstat.mapping") == {"receipt"}


def test_nothing_of_the_warehouse_imports_the_synthetic_register():
    """The command is in cli.py's table by its name, and imported when it is called."""
    assert importers("introstat.synth") == set()
    assert "introstat.synth.command:synth" in (ROOT / "introstat" / "cli.py").read_text("utf-8")


def test_the_intruder_imports_nothing_of_what_it_attacks():
    """Only the module that judges reads truth, and no other imports it."""
    files = sorted((ROOT / "tests" / "intruder").glob("*.py"))
    assert len(files) > 8
    for path in files:
        names = imported(path)
        assert {name for name in names if name.split(".")[0] == "introstat"} == set(), path.name
        if path.name not in ("judge.py", "__main__.py"):
            assert not any(name.startswith(("tests.intruder.judge", "duckdb")) for name in names)


def test_disclosure_control_stands_alone():
    """test_disclosure_alone.py runs it where nothing else of introstat is."""
    files = sorted((ROOT / "introstat" / "disclosure").rglob("*.py"))
    assert len(files) > 20
    for path in files:
        ours = {name for name in imported(path) if name.split(".")[0] == "introstat"}
        others = {name for name in ours if not f"{name}.".startswith("introstat.disclosure.")}
        assert others == set(), path.name
