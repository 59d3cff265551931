"""The report as a page: one file that asks for nothing outside itself."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from introstat import scrolling
from introstat.addresses import linked
from introstat.release.cube import SIGN_TEXTS_NB
from introstat.release.report.content import Chart, ReportPages
from introstat.release.report.fonts import FAMILY, FOLDER, WEB
from introstat.release.report.text import Mark, Text, plain, texts

# What the web fonts of the names hold; the browser takes the second only where a name needs it.
_RANGES = {
    "latin": "U+0000-00FF, U+2000-206F, U+20AC, U+2122, U+2212",
    "latin-ext": "U+0100-02BA, U+1E00-1E9F, U+1EF2-1EFF, U+2C60-2C7F",
}


def html(report: ReportPages) -> str:
    """Return the page: the same content as the PDF, in the same order."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "plain": plain,
        "shown": _shown,
        "kind": lambda block: type(block).__name__,
    }
    environment.globals |= {"picture": _picture, "fonts": _fonts, "scrolling": scrolling}
    template = environment.get_template("report.html.j2")
    return template.render(report=report, front=report.front, chapters=list(_chapters(report)))


def _chapters(report: ReportPages) -> Iterator[tuple[str, str]]:
    for section in report.sections:
        if section.level == 1:
            yield section.name, plain(section.heading)


def _shown(text: Text) -> Markup:
    """A text in which a sign says what it means, and an e-mail address is a link."""
    meanings = SIGN_TEXTS_NB | {"–": texts().label("name.no_change")}
    pieces = []
    for span in text:
        if isinstance(span, Mark) and span.sign in meanings:
            meaning = meanings[span.sign]
            pieces.append(Markup('<abbr title="{}">{}</abbr>').format(meaning, span.sign))
        else:
            pieces.append(linked(plain((span,))))
    return Markup("").join(pieces)


def _picture(chart: Chart) -> Markup:
    """The chart within the page: named for screen readers, with identifiers of its own."""
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{chart.name}-", chart.svg)
    svg = re.sub(r' (aria-[a-z]+|role)="[^"]*"', "", svg)
    size = re.search(r' width="([\d.]+)" height="[\d.]+"', svg)
    assert size is not None
    svg = svg.replace(size[0], "", 1)
    said = escape(plain(chart.alternative))
    return Markup(svg.replace("<svg", f'<svg role="img" aria-label="{said}"', 1))


def _fonts() -> Markup:
    faces = []
    for name, weight, letters in WEB:
        encoded = base64.b64encode((FOLDER / name).read_bytes()).decode("ascii")
        faces.append(
            f'@font-face {{ font-family: "{FAMILY}"; font-weight: {weight}; '
            f'src: url("data:font/woff2;base64,{encoded}") format("woff2"); '
            f"unicode-range: {_RANGES[letters]}; }}"
        )
    return Markup("\n".join(faces))
