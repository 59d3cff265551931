"""The script of every page with wide tables: a stop of the Tab key where something scrolls only.

CSS cannot tell whether a table fits, and a stop at each of thirty tables that fit is twenty-nine
keys too many.
"""

import base64
import hashlib
from pathlib import Path

from markupsafe import Markup

FILE = Path(__file__).with_name("scrolling.js")


def script() -> Markup:
    """Return the script as it stands at the end of a page's body."""
    return Markup(f"<script>\n{FILE.read_text(encoding='utf-8')}</script>")


def checksum() -> str:
    """Return the script's checksum, by which a page's policy knows it."""
    text = f"\n{FILE.read_text(encoding='utf-8')}"
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
