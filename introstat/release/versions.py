"""Which release is asked for, where its parts are, the versions before it, and those beside it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from introstat.disclosure.policy import Policy
from introstat.disclosure.published import HIDDEN
from introstat.errors import UserError
from introstat.release import finished, manifest
from introstat.release.cohorts import shown_in_main_figures
from introstat.release.conditions import ReleaseRefused
from introstat.release.contents import is_year, load_contents
from introstat.release.figures import REFERENCE, UNPLACED
from introstat.release.formats import csv_package
from introstat.release.periods import Finished, tied_to
from introstat.release.revisions import Before

_LISTED = 10  # files of a refusal


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
    return Before(name, trusted(folder), places.protected / name)


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
            for name, parts in _counts_of(folder, trusted(folder)).items():
                found.setdefault(name, []).extend(parts)
    return found


def main_figures_hidden(releases: Path, period: str) -> pa.Table:
    """Return the main figures that the newest releases of earlier periods hide: period, sex and
    measure.

    A release tells main figures of all earlier periods of its kind, and must not tell these.
    """
    hidden = []
    for other in sorted(_periods(releases)):
        if is_year(other) == is_year(period) and other < period:
            _, folder = _versions(releases, other)[-1]
            for path in finished.main_figures(finished.folder_of(folder, trusted(folder))):
                cells = csv_package.read(path)
                own = cells.filter(pc.equal(cells["sign"], HIDDEN))
                hidden += own.select(["period", "sex", "measure"]).to_pylist()
    return as_hidden(hidden)


def as_hidden(figures: Sequence[Mapping[str, str]]) -> pa.Table:
    """Return hidden main figures as a table: period, sex and measure, each once."""
    names = ("period", "sex", "measure")
    rows = sorted({tuple(str(row[name]) for name in names) for row in figures})
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return pa.table(
        {name: pa.array(c, pa.string()) for name, c in zip(names, columns, strict=True)}
    )


def names_of_main_figures(releases: Path, period: str, version: int) -> list[str]:
    """Return the finished releases of years, whose main figures tell of years before them; of the
    period's own the earlier versions.
    """
    return [
        folder.name
        for other in sorted(filter(is_year, _periods(releases)))
        for number, folder in _versions(releases, other)
        if other != period or number < version
    ]


def cohorts_shown(releases: Path, period: str, names: Collection[str]) -> list[pa.Table]:
    """Return what main figures of finished releases show of the exits of earlier years."""
    if not is_year(period):
        return []
    return [
        shown_in_main_figures(path, load_contents(), period)
        for name in names
        for path in finished.main_figures(
            finished.folder_of(releases / name, trusted(releases / name))
        )
    ]


def names_beside(releases: Path, period: str) -> list[str]:
    """Return the releases of periods that tell of the same counts as a period, in all versions."""
    return [
        folder.name
        for other in tied_to(period, _periods(releases))
        for _, folder in _versions(releases, other)
    ]


def released_beside(
    releases: Path, period: str, names: Collection[str], reference_year: int
) -> list[Finished]:
    """Return what releases of periods that tell of the same counts show, period by period."""
    return [
        _shown_by(
            other,
            [folder for _, folder in _versions(releases, other) if folder.name in names],
            reference_year,
        )
        for other in tied_to(period, {name.rpartition("_v")[0] for name in names})
    ]


def _shown_by(period: str, folders: Sequence[Path], reference_year: int) -> Finished:
    """What the versions of a period show; the regions are the newest's.

    Of a release with municipalities of another reference year only those of the time are taken.
    """
    abouts = [trusted(folder) for folder in folders]
    tables: dict[str, list[pa.Table]] = {}
    for folder, about in zip(folders, abouts, strict=True):
        is_same = about["reference_year"] == reference_year
        for name, parts in _counts_of(folder, about).items():
            own = parts if is_same else [_at_the_time(table) for table in parts]
            tables.setdefault(name, []).extend(own)
    regions = finished.regions_in(finished.folder_of(folders[-1], abouts[-1]).regions_path)
    if abouts[-1]["reference_year"] != reference_year:
        regions = [replace(r, reference=UNPLACED, reference_county=UNPLACED) for r in regions]
    return Finished(period, regions, tables)


def policies_before(releases: Path, period: str) -> dict[str, Policy]:
    """Return the policies of the newest releases of a period and of those beside it, by name."""
    found = {}
    for other in (period, *tied_to(period, _periods(releases))):
        if versions := _versions(releases, other):
            number, folder = versions[-1]
            found[f"{other}_v{number}"] = manifest.policy_in(trusted(folder))
    return found


def trusted(folder: Path) -> dict[str, Any]:
    """Return the manifest of an earlier release, whose files are what it says.

    Raises ReleaseRefused that says what is not as it was, and what to do.
    """
    about = finished.read_json(folder / manifest.MANIFEST)
    if lacking := manifest.lacking_in(about):
        raise ReleaseRefused(
            f"{folder.name} was made by other code: its manifest does not tell "
            f"{lacking}. A new release is protected beside what it showed. Make it anew "
            "with the code of today, or this one with the code of then."
        )
    if faults := manifest.checksum_faults(folder, about):
        more = f"\n  … and {len(faults) - _LISTED} more" if len(faults) > _LISTED else ""
        raise ReleaseRefused(
            f"{folder.name} is not as it was released, and a new release is protected beside what "
            "it showed:\n  "
            + "\n  ".join(faults[:_LISTED])
            + more
            + f"\nPut back {folder} as it was published."
        )
    return about


def _counts_of(folder: Path, about: dict[str, Any]) -> dict[str, list[pa.Table]]:
    try:
        return finished.published_counts(finished.folder_of(folder, about))
    except (KeyError, pa.ArrowInvalid) as error:
        raise ReleaseRefused(
            f"{folder.name} was made by other code ({about['code']}), and its tables cannot be "
            f"read: {error}. Make this release with that code, or that one anew with the code of "
            "today."
        ) from None


def _at_the_time(table: pa.Table) -> pa.Table:
    return table.filter(pc.invert(pc.starts_with(table["region"], REFERENCE)))


def _periods(releases: Path) -> set[str]:
    """The periods that have a release."""
    return {folder.name.rpartition("_v")[0] for folder in releases.glob("[0-9]*_v*")}


def _versions(releases: Path, period: str) -> list[tuple[int, Path]]:
    found = []
    for folder in releases.glob(f"{period}_v*"):
        number = folder.name.removeprefix(f"{period}_v")
        if number.isdecimal() and folder.is_dir():
            found.append((int(number), folder))
    return sorted(found)
