"""Style sheet, script, fonts and picture of the site.

Files have their checksum in their names, so that no browser shows an old one. The style sheet
stands in each page, which so is whole by itself.
"""

import re
from pathlib import Path

from introstat.release.report.fonts import FOLDER, WEB
from introstat.scrolling import FILE as SCROLLING
from introstat.site.page import Site

_ASSETS = Path(__file__).with_name("assets")


def write(site: Site) -> None:
    """Write the files, and give the site its style sheet, which names the fonts."""
    style = (_ASSETS / "site.css").read_text(encoding="utf-8")
    for name, weight, letters in WEB:
        path = site.put_asset(name, (FOLDER / name).read_bytes())
        style = style.replace(f"{{{letters}-{weight}}}", f"{{root}}{path}")
    # The fonts' licence asks to lie beside them.
    site.put("filer/OFL.txt", (FOLDER / "OFL.txt").read_bytes())
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    site.style_sheet = re.sub(r"\s*([{};:,>])\s+", r"\1", style).strip()
    for file in (_ASSETS / "icon.svg", _ASSETS / "site.js", SCROLLING):
        site.put_asset(file.name, file.read_bytes())
