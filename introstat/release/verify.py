"""Checking a release that is there: checksums, formats against each other, the audit once more."""

from pathlib import Path

import pyarrow.parquet as pq

from introstat.disclosure.report import audit_lines
from introstat.release import finished, manifest
from introstat.release.contents import load_contents
from introstat.release.encodings import compare
from introstat.release.make import earlier_counts, read_witnesses


def verify_release(folder: Path, restricted: Path | None) -> list[str]:
    """What is not as it was when the release was made, in words; nothing: all is well.

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
    faults = compare(folder)
    contents = load_contents()
    period, version, year = (
        str(about["period"]),
        int(str(about["version"])),
        int(str(about["reference_year"])),
    )
    faults += finished.dependent_faults(folder, contents, period, version, year)
    if inside is None or witnesses is None:
        return faults
    results = finished.audit_release(
        folder,
        contents,
        period,
        version,
        year,
        manifest.policy_in(about),
        {
            path.stem.removeprefix("primary_"): pq.read_table(path)
            for path in sorted(inside.glob("primary_*.parquet"))
        },
        earlier_counts(folder.parent, contents, period, version),
        witnesses,
    )
    for result in results.values():
        if not result.passed:
            faults += audit_lines(result)
    return faults
