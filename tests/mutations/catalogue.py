"""The catalogue of faults, faults.yml: a text of a file and what a mistake would make of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

CATALOGUE = Path(__file__).with_name("faults.yml")
KINDS = ("fact", "cube", "rule", "staging", "disclosure")


class StaleCatalogue(Exception):
    """An entry that no longer fits the project, and what to do about it."""


@dataclass(frozen=True)
class Fault:
    """A mistake in words, and the one place of `file` where `find` stands and `replace` would.

    `of` names what the fault is in, where the file's name does not say it: a model whose SQL a
    macro writes, or a reason for quarantine.
    """

    name: str
    kind: str
    file: str
    find: str
    replace: str
    of: str = ""

    @property
    def place(self) -> str:
        """What the fault is in: a model, a macro or a module, or what `of` says."""
        return self.of or Path(self.file).stem

    def planted_in(self, text: str) -> str:
        """The file's text with the fault in it; StaleCatalogue if its place is not there once."""
        if (times := text.count(self.find)) != 1:
            raise StaleCatalogue(
                f"{CATALOGUE.name}: {self.name!r}: its `find` stands {times} times in {self.file}, "
                "expected once. Write the entry anew for the file as it is."
            )
        return text.replace(self.find, self.replace)

    def plant(self, project: Path) -> None:
        """Write the fault into a copy of the project."""
        path = project / self.file
        path.write_text(self.planted_in(path.read_text(encoding="utf-8")), encoding="utf-8")


def catalogue() -> list[Fault]:
    """All faults, in the catalogue's order."""
    return [Fault(**entry) for entry in yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))]


def chosen(faults: Iterable[Fault], names: Iterable[str]) -> list[Fault]:
    """The faults of these names, kinds or places, all if there are none; or ValueError."""
    wanted = list(names)
    listed = list(faults)
    for name in wanted:
        if not any(name in (each.name, each.kind, each.place) for each in listed):
            raise ValueError(f"no fault, kind or place is called {name!r}")
    return [
        each for each in listed if not wanted or {each.name, each.kind, each.place} & set(wanted)
    ]
