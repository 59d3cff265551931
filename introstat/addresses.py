"""E-mail addresses in a page's texts, as links."""

import re

from markupsafe import Markup, escape

_ADDRESS = re.compile(r"([\w.+-]+@[\w-]+(?:\.[\w-]+)+)")


def linked(text: str) -> Markup:
    """Return a text for a page, with each e-mail address in it as a link."""
    pieces = [escape(each) for each in _ADDRESS.split(text)]
    pieces[1::2] = [Markup('<a href="mailto:{0}">{0}</a>').format(each) for each in pieces[1::2]]
    return Markup("").join(pieces)
