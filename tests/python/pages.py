"""What every page of ours has for whoever does not see it, or has no mouse: read from its text.

`make test-pages` looks at the same in a browser.
"""

import re
from html.parser import HTMLParser

from introstat.scrolling import script

_VOID = {"meta", "link", "img", "br", "hr", "input", "rect", "line", "circle", "path", "use"}


class _Reader(HTMLParser):
    """Goes through a page and notes what is wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.counted: dict[str, int] = {}
        self.names: list[str] = []
        self._open: list[str] = []
        self._row: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.counted[tag] = self.counted.get(tag, 0) + 1
        if tag not in _VOID:
            self._open.append(tag)
        if tag == "th" and given.get("scope") not in ("col", "row"):
            self.wrong.append(f"a heading without scope at line {self.getpos()[0]}")
        if tag == "tr":
            self._row = []
        if tag in ("th", "td"):
            self._row.append(str(given.get("scope")))
        if (given.get("class") or "").split()[:1] == ["scroll"]:
            self.names.append(given.get("aria-label") or "")
            if given.get("role") != "region" or "tabindex" in given:
                self.wrong.append(f"a box that takes a stop, or is no region: {self.names[-1]}")

    def handle_endtag(self, tag: str) -> None:
        if tag == "tr" and "tbody" in self._open and self._row.count("row") != 1:
            self.wrong.append(f"a row without one heading at line {self.getpos()[0]}")
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if re.search(r"\w@\w", data) and not {"a", "style", "script"} & set(self._open):
            self.wrong.append(f"an address that is no link: {data.strip()}")


def faults(text: str) -> list[str]:
    """Return what a page lacks of landmarks, headings, captions, scopes and links."""
    reader = _Reader()
    reader.feed(text)
    counted, wrong = reader.counted, reader.wrong
    for tag in ("h1", "main"):
        if counted.get(tag) != 1:
            wrong.append(f"{counted.get(tag, 0)} of {tag}")
    if counted.get("table", 0) != counted.get("caption", 0):
        wrong.append(f"{counted.get('table', 0)} tables, {counted.get('caption', 0)} captions")
    if "" in reader.names or len(set(reader.names)) != len(reader.names):
        wrong.append(f"boxes without a name of their own: {reader.names}")
    if text.count("<script") != 1 or script() not in text:
        wrong.append("another script than the one for boxes that scroll")
    return wrong
