"""Checking a release that is there: checksums, formats against each other, the audit once more."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from introstat.disclosure.report import audit_lines
from introstat.errors import UserError
from introstat.release import finished, manifest
from introstat.release.encodings import compare
from introstat.release.restricted import read_primaries, read_witnesses
from introstat.release.versions import cohorts_shown, earlier_counts, released_beside


def verify_release(folder: Path, restricted: Path | None) -> list[str]:
    """Return what is not as it was when the release was made, in words.

    `restricted` is the folder of the restricted sides; None leaves the audit out. Raises UserError
    if the folder is no release, or its restricted side is not there.
    """
    about = finished.read_json(folder / manifest.MANIFEST)
    if "files" not in about:
        return [f"{manifest.MANIFEST}: it names no files, so nothing can be compared with it."]
    faults = manifest.checksum_faults(folder, about)
    if faults:
        return _with_first_differences(folder, about, faults)
    if lacking := manifest.lacking_in(about):
        older = f"{folder.name} was made by another version: its manifest does not tell {lacking}"
        left = "what rests on hidden counts was not checked, nor the audit made"
        return [*compare(folder), f"{older}; {left}. Verify it with the version that made it."]
    # First, so that one who named no such folder does not wait for the rest.
    inside = restricted / folder.name if restricted else None
    witnesses = read_witnesses(inside) if inside else None
    release = finished.folder_of(folder, about)
    faults = compare(folder)
    try:
        faults += finished.dependent_faults(release)
    except (KeyError, pa.ArrowInvalid) as error:
        return [
            *faults,
            f"{folder.name} was made by another version ({about['code']}), and its tables lack "
            f"{error}. Verify it with that version.",
        ]
    if inside is None or witnesses is None:
        return faults
    try:
        policy = manifest.policy_in(about)
    except (ValueError, TypeError, KeyError) as error:
        return [
            *faults,
            f"{manifest.MANIFEST}: its policy is of another version, so the audit was not made: "
            f"{error} Verify it with the version that made it ({about['code']}).",
        ]
    results = finished.audit_release(
        release,
        policy,
        read_primaries(inside),
        earlier_counts(folder.parent, release.period, release.version),
        witnesses,
        released_beside(
            folder.parent, release.period, about.get("beside", ()), release.reference_year
        ),
        cohorts_shown(folder.parent, release.period, about.get("main_figures", ())),
    )
    for result in results.values():
        if not result.passed:
            faults += audit_lines(result)
    return faults


def _with_first_differences(folder: Path, about: Mapping[str, Any], faults: list[str]) -> list[str]:
    """Add to each changed file the first thing in which it differs, as far as files tell."""
    try:
        differing = compare(folder)
    except UserError as error:
        differing = [error.message]
    changed = set(manifest.changed_in(folder, about))
    told = []
    for fault in faults:
        name = fault.partition(": ")[0]
        if name in changed:
            own = [line for line in differing if Path(name).name in line.partition(": ")[0]]
            table = Path(name).name.partition(".")[0]
            own += [line for line in differing if table in line.partition(": ")[0]]
            size = f"It has {manifest.sizes_differ(folder, about, name)}."
            fault += f" First difference: {own[0]}" if own else f" {size}"
        told.append(fault)
    return told
