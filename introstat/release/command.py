"""The commands `introstat release` and `introstat verify`."""

import os
from pathlib import Path

import click
from rich.console import Console

from introstat.disclosure.durations import Duration
from introstat.errors import EXIT_REFUSED
from introstat.extras import expect_extra
from introstat.places import default_warehouse, received_beside
from introstat.release.naming import AUDIT, KINDS

_RESTRICTED = ".restricted"
_PROTECTED = ".protected"


@click.command(epilog="Example: introstat release 2017H2 --kind preliminary --policy policy.yml")
@click.argument("period")
@click.option("--kind", type=click.Choice(KINDS), required=True, help="How final the figures are.")
@click.option("--policy", type=click.Path(path_type=Path), help="The decided policy (YAML).")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("utdata"), show_default=True,
    help="The folder of releases.",
)  # fmt: skip
@click.option("--warehouse", type=click.Path(path_type=Path), help="The warehouse file.")
@click.option(
    "--restricted", type=click.Path(path_type=Path),
    help="Folder of what stays in the office; default: beside the warehouse.",
)  # fmt: skip
@click.option("--version", "version", type=click.IntRange(min=1), help="Default: the next one.")
@click.option("--note", default="", help="Why there is a new version; wanted from version 2 on.")
@click.option(
    "--workers", type=click.IntRange(min=1), help="Processes; default: one for each core."
)
@click.option(
    "--within", type=Duration(), default="inf", metavar="TIME",
    help="How long it may take (90s, 5m); then municipalities show less. Default: no end.",
)  # fmt: skip
@click.option(
    "--compare", is_flag=True,
    help="Write nothing: tell what would be shown at several limits of detail, and if rounded.",
)  # fmt: skip
def release(
    period: str,
    kind: str,
    policy: Path | None,
    out: Path,
    warehouse: Path | None,
    restricted: Path | None,
    version: int | None,
    note: str,
    workers: int | None,
    within: float,
    compare: bool,
) -> None:
    """Make the release of a half-year (2017H2) or year (2017): files, report, audit, manifest.

    Nothing is in its place before the audit of the finished files has passed. A version is never
    changed: a correction is a new one, with a note. Exit code 3: refused, with what is lacking.
    """
    expect_extra("release", "A release")
    from introstat.disclosure import comparison
    from introstat.release.finished import read_json
    from introstat.release.make import compare_detail, make_release
    from introstat.release.usefulness import ROUNDED, as_lines, groups_line
    from introstat.release.versions import Places, Wanted

    path = (warehouse or default_warehouse()).resolve()
    console = Console(stderr=True)
    with console.status(f"Release {period}") as status:

        def say(what: str) -> None:
            status.update(f"Release {period}: {what}")
            if not console.is_terminal:
                console.print(f"{period}: {what}", highlight=False, markup=False)

        wanted = Wanted(period, kind, version, note, policy, within)
        places = Places(
            path,
            received_beside(path),
            out.resolve(),
            (restricted or path.with_suffix(_RESTRICTED)).resolve(),
            path.with_suffix(_PROTECTED),
        )
        processes = workers or os.cpu_count() or 1
        if compare:
            detail, rounded = compare_detail(wanted, places, processes, say)
            lines = [*as_lines(detail), "", ROUNDED, *comparison.as_lines(rounded)]
        else:
            made = make_release(wanted, places, processes, say)
    if compare:
        click.echo("\n".join(lines))
        return
    click.echo(f"Released: {made}")
    click.echo(groups_line(read_json(next(made.glob(f"{AUDIT}_*.json")))["whole_groups"]))
    click.echo(f"Start with {next(made.glob('rapport_*.pdf')).name} and manifest.json.")


@click.command(epilog="Example: introstat verify utdata/2017H2_v1")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--restricted", type=click.Path(path_type=Path),
    help="Folder of what stayed in the house; default: beside the warehouse.",
)  # fmt: skip
@click.option("--without-audit", is_flag=True, help="Only checksums and formats: for outsiders.")
def verify(folder: Path, restricted: Path | None, without_audit: bool) -> None:
    """Check a release: checksums, that all formats say the same, and the audit once more.

    The audit needs the restricted side of the release. Exit code 3 if something is not as it was.
    """
    from introstat.release.verify import verify_release

    inside = None
    if not without_audit:
        inside = restricted or default_warehouse().with_suffix(_RESTRICTED)
    faults = verify_release(folder.resolve(), inside)
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        raise SystemExit(EXIT_REFUSED)
    click.echo(
        f"{folder.name}: checksums and formats agree"
        + (". The audit was left out." if without_audit else ", and the audit passes.")
    )
