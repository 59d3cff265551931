"""The releases that a site is made of: found, checked, and the newest of each period chosen."""

import csv
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from introstat.disclosure.policy import Policy
from introstat.errors import UserError
from introstat.release import finished, manifest, naming
from introstat.release.conditions import ReleaseRefused
from introstat.release.contents import is_year, load_contents
from introstat.release.formats import parquet
from introstat.site.tables import Table

# Who decided a policy, and when, changes nothing in what it protects.
_NOT_PROTECTION = {"decided_by", "decided_on", "decision"}
_OF_WHOLE_GROUPS = {"group_from", "all_but", "sensitive"}  # which are only listed if allowed


@dataclass(frozen=True)
class Released:
    """A release that passed its checks."""

    folder: Path
    about: dict[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        """What it is called: 2017H2_v1."""
        return self.folder.name

    @property
    def period(self) -> str:
        """Its half-year or year."""
        return str(self.about["period"])

    @property
    def version(self) -> int:
        """Its version, counted from 1."""
        return int(self.about["version"])

    @property
    def is_preliminary(self) -> bool:
        """Whether its figures may still change."""
        return bool(self.about["kind"] == naming.KINDS[0])

    @property
    def reference_year(self) -> int:
        """The year of the municipalities in its second set of regions."""
        return int(self.about["reference_year"])

    @property
    def as_of(self) -> date:
        """The day of its data: no writer of a release, nor the site, reads the clock."""
        return date.fromisoformat(self.about["as_of"])

    @property
    def last_day(self) -> date:
        """The last day of its period."""
        return naming.period_dates(self.period)[1]

    @property
    def policy(self) -> Policy:
        """The policy that its figures are protected by."""
        return manifest.policy_in(self.about)

    @property
    def package(self) -> finished.ReleaseFolder:
        """Its folder, as the audit reads it."""
        return finished.folder_of(self.folder, self.about)

    @cached_property
    def tables(self) -> dict[tuple[str, str], Table]:
        """Its tables by cube and set of regions."""
        found = {}
        for cube in load_contents().of(self.period).values():
            for region_set in cube.region_sets:
                path = self.package.table(cube, region_set)
                if path is not None:
                    data = path.with_suffix(f".{parquet.EXTENSION}")
                    found[cube.name, region_set] = Table(data)
        return found

    def regions(self, region_set: str) -> list[dict[str, str]]:
        """The rows of its list of regions, of one set."""
        with self.package.regions_path.open(encoding="utf-8", newline="") as file:
            return [row for row in csv.DictReader(file) if row["region_set"] == region_set]

    @property
    def revisions_path(self) -> Path:
        """The file of what it changed."""
        return self.folder / naming.file_name(naming.REVISIONS, [self.period], self.version, "csv")

    def revisions(self) -> list[dict[str, str]]:
        """What it changed of the version before."""
        with self.revisions_path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


@dataclass(frozen=True)
class Releases:
    """All releases of a site, and the newest of each period."""

    all: tuple[Released, ...]
    newest: tuple[Released, ...]

    @property
    def latest(self) -> Released:
        """The newest release of the newest period; a year comes after its second half-year."""
        return self.newest[-1]

    @property
    def reference_year(self) -> int:
        """The newest year of municipalities."""
        return max(each.reference_year for each in self.newest)

    def of(self, of_years: bool) -> list[Released]:
        """The newest releases of years, or of half-years, oldest first."""
        return [each for each in self.newest if is_year(each.period) == of_years]

    def versions(self, period: str) -> list[Released]:
        """Every version of a period, the newest first."""
        return [each for each in reversed(self.all) if each.period == period]


def read_releases(folder: Path) -> Releases:
    """Return the releases in a folder.

    Raises UserError if there is none, ReleaseRefused if one was not audited, is not as it was made,
    or the newest of two periods are protected by different policies.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not there. Name the folder of releases with --releases.")
    folders = sorted(path.parent for path in folder.glob(f"*/{manifest.MANIFEST}"))
    folders = [path for path in folders if not path.name.startswith(".")]
    if not folders:
        raise UserError(
            f"{folder} holds no release. Make one with `introstat release`, or name another folder "
            "with --releases."
        )
    # Checksums are what takes time, and their arithmetic lets other threads run.
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(_checked, folders))
    found.sort(key=lambda each: (each.last_day, is_year(each.period), each.version))
    newest = {each.period: each for each in found}
    _expect_one_policy(list(newest.values()))
    return Releases(tuple(found), tuple(newest.values()))


def _checked(folder: Path) -> Released:
    """A release whose audit passed and whose files are as they were made."""
    about = finished.read_json(folder / manifest.MANIFEST)
    release = Released(folder, about)
    try:
        name = f"{release.period}_v{release.version}"
        audit = naming.file_name(naming.AUDIT, [release.period], release.version, "json")
    except (KeyError, TypeError, ValueError):
        raise UserError(
            f"{folder}/{manifest.MANIFEST} is not what a release writes. Take the release anew."
        ) from None
    if folder.name != name:
        raise ReleaseRefused(f"{folder}: its manifest is of {name}. Give it its own name back.")
    faults = manifest.checksum_faults(folder, about)
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise ReleaseRefused(
            f"{name} is not as it was made: {faults[0].rstrip('.')}{more}. Take it anew from where "
            "it was made, or move it away."
        )
    results = finished.read_json(folder / audit) if (folder / audit).is_file() else {}
    passed = [
        part["passed"] for part in results.values() if isinstance(part, dict) and "passed" in part
    ]
    if about.get("audit_passed") is not True or not passed or not all(passed):
        raise ReleaseRefused(
            f"{name} was not audited, or did not pass. Make it with `introstat release`, which "
            "audits it, or move it away."
        )
    return release


def _expect_one_policy(newest: Sequence[Released]) -> None:
    def protection(release: Released) -> dict[str, Any]:
        settings = manifest.policy_of(release.policy)
        allows = settings["whole_groups"] == "allow"
        others = _NOT_PROTECTION | (_OF_WHOLE_GROUPS if allows else set())
        return {
            name: value
            for name, value in settings.items()
            if name not in others and "fingerprint" not in name
        }

    latest = newest[-1]
    wanted = protection(latest)
    others = [each for each in newest if protection(each) != wanted]
    if others:
        own = protection(others[0])
        [name, *_] = [key for key in wanted if key in own and own[key] != wanted[key]]
        more = f" (and {len(others) - 1} more)" if len(others) > 1 else ""
        raise ReleaseRefused(
            f"{others[0].name}{more} and {latest.name} are protected by different policies ({name} "
            f"is {own[name]} and {wanted[name]}): one site has one. Make new versions with the "
            "newer policy, or move the older ones away."
        )
