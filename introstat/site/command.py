"""The command `introstat site`."""

from pathlib import Path

import click
from rich.console import Console

from introstat.errors import UserError
from introstat.progress import shown


@click.command("site", epilog="Example: introstat site --releases utdata/ --out site/")
@click.option(
    "--releases", type=click.Path(path_type=Path), default=Path("utdata"), show_default=True,
    help="The folder of finished releases.",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("site"), show_default=True,
    help="The folder of the site; an earlier site there is replaced.",
)  # fmt: skip
@click.option(
    "--base-url", default="", metavar="URL",
    help="Where the site will lie: for sitemap, catalogue and feed, which hold whole addresses.",
)  # fmt: skip
def site_command(releases: Path, out: Path, base_url: str) -> None:
    """Make the public site of finished, audited releases: static pages that need no server.

    Of several versions of a period the newest counts; all can be downloaded. The old site stands
    until the new one is whole. Exit code 2: bad input. 3: a release was not audited, is not as it
    was made, or is protected by another policy than the others.
    """
    from introstat.site.build import build_site

    if base_url and not base_url.startswith(("https://", "http://")):
        raise UserError(f"--base-url {base_url}: expected an address that begins with https://.")
    whole = base_url.rstrip("/") + "/" if base_url else ""
    with shown(Console(stderr=True), "Places") as tell:
        front = build_site(releases.resolve(), out.resolve(), whole, tell)
    click.echo(f"The site: {front}")
    if not base_url:
        click.echo("Without --base-url it has no sitemap, catalogue or feed.", err=True)
