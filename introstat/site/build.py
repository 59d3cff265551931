"""The whole site: read, written aside, and moved into its place when all of it is there."""

import shutil
from pathlib import Path

from introstat.errors import UserError
from introstat.locking import locked, move_into_place, workshop
from introstat.progress import Tell
from introstat.site import (
    assets,
    found,
    front_files,
    other_files,
    place_data,
    place_files,
    table_files,
)
from introstat.site.figures import Figures
from introstat.site.page import MENU, Site
from introstat.site.places import Places
from introstat.site.releases import read_releases

MARK = ".introstat-site"
"""A file that says of a folder that it is a site of ours, which may be replaced."""


def build_site(releases: Path, out: Path, base_url: str, tell: Tell) -> Path:
    """Build the site of a folder of releases and return its front page.

    The old site stands until the new one is whole. Raises UserError for releases that cannot be
    published, and for a place that holds something else.
    """
    _expect_ours(out, releases)
    found_releases = read_releases(releases)
    figures = Figures(found_releases, Places(found_releases))
    out.parent.mkdir(parents=True, exist_ok=True)
    with (
        locked(out.parent / f".{out.name}.lock", "another site"),
        workshop(out.parent, f".making-{out.name}-") as work,
    ):
        site = Site(figures, work / "new", base_url)
        site.put(MARK, b"")
        tables = table_files.listed(site)
        assets.write(site)
        place_data.write(site)
        mapped = front_files.Mapped(figures)
        front_files.write(site, mapped)
        place_files.write(site, mapped, tell)
        table_files.write(site, tables)
        other_files.write(site, tables)
        found.write(site, tables)
        _replace(work, out)
    return out / MENU["front"]


def _expect_ours(out: Path, releases: Path) -> None:
    """Raise UserError where a site would take the place of something else."""
    if out == releases or releases.is_relative_to(out):
        raise UserError(f"{out} holds the releases. Choose another folder for the site (--out).")
    if out.exists() and not (out / MARK).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(
            f"{out} is there and is no site of introstat's. Move it away, or choose another folder."
        )


def _replace(work: Path, out: Path) -> None:
    """Put the new site in the place of the old one, which comes back if that fails."""
    old = work / "old"
    if out.exists():
        out.rename(old)
    try:
        move_into_place(work / "new", out)
    except BaseException:
        if old.exists() and not out.exists():
            old.rename(out)
        raise
    shutil.rmtree(old, ignore_errors=True)
