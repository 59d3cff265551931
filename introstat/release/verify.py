"""Checking a release that is there: checksums, formats against each other, the audit once more."""

from pathlib import Path

from introstat.disclosure.report import audit_lines
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
    faults = manifest.checksum_faults(folder, about)
    if faults:
        return faults
    # First, so that one who named no such folder does not wait for the rest.
    inside = restricted / folder.name if restricted else None
    witnesses = read_witnesses(inside) if inside else None
    release = finished.folder_of(folder, about)
    faults = compare(folder) + finished.dependent_faults(release)
    if inside is None or witnesses is None:
        return faults
    results = finished.audit_release(
        release,
        manifest.policy_in(about),
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
