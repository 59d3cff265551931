"""Which release is asked for, where its parts are, and the versions before it."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from introstat.errors import UserError
from introstat.release import finished, manifest
from introstat.release.revisions import Before


@dataclass(frozen=True)
class Wanted:
    """What is asked for: period, kind, version (None: the next), note on why there is a new one,
    and within how many seconds.
    """

    period: str
    kind: str
    version: int | None = None
    note: str = ""
    policy: Path | None = None
    within: float = float("inf")


@dataclass(frozen=True)
class Places:
    """Where things are: warehouse, received copy, releases, and what stays in the office."""

    warehouse: Path
    received: Path
    releases: Path
    restricted: Path
    protected: Path


def before_of(places: Places, period: str) -> Before | None:
    """The newest release of a period; None if there is none."""
    versions = _versions(places.releases, period)
    if not versions:
        return None
    number, folder = versions[-1]
    name = f"{period}_v{number}"
    return Before(name, finished.read_json(folder / manifest.MANIFEST), places.protected / name)


def version_of(wanted: Wanted, places: Places) -> int:
    """The number of the new version. Raises UserError if it is not the next, or lacks its note."""
    newest = max((number for number, _ in _versions(places.releases, wanted.period)), default=0)
    version = wanted.version or newest + 1
    if version <= newest:
        raise UserError(
            f"{wanted.period}_v{version} is there already, and a release is never changed. The "
            f"next version is {newest + 1}."
        )
    if version > newest + 1:
        raise UserError(f"The next version of {wanted.period} is {newest + 1}, not {version}.")
    if version > 1 and not wanted.note.strip():
        raise UserError(
            f"{wanted.period}_v{version} takes the place of an earlier one: say why with --note."
        )
    return version


def earlier_counts(releases: Path, period: str, version: int) -> dict[str, list[pa.Table]]:
    """Return the counts that earlier versions of a release show, by count table."""
    found: dict[str, list[pa.Table]] = {}
    for number, folder in _versions(releases, period):
        if number < version:
            about = finished.read_json(folder / manifest.MANIFEST)
            for name, parts in finished.published_counts(finished.folder_of(folder, about)).items():
                found.setdefault(name, []).extend(parts)
    return found


def _versions(releases: Path, period: str) -> list[tuple[int, Path]]:
    found = []
    for folder in releases.glob(f"{period}_v*"):
        number = folder.name.removeprefix(f"{period}_v")
        if number.isdecimal() and folder.is_dir():
            found.append((int(number), folder))
    return sorted(found)
