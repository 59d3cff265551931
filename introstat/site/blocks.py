"""What pages are made of: tables with the meaning of their signs, charts with a table below."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

from introstat.site.tables import Cell
from introstat.site.words import PRELIMINARY, Words

Entry = Cell | str | Markup


@dataclass(frozen=True)
class Row:
    """A row of a table: its heading, and what stands in its columns."""

    heading: str | Markup
    entries: Sequence[Entry]
    is_total: bool = False


@dataclass(frozen=True)
class Chart:
    """A chart: its picture, caption, the sentence that says what it shows, notes, and its table.

    `breaks` are told once below all charts of a section.
    """

    picture: Markup
    caption: str
    sentence: str
    table: Markup
    notes: Sequence[str] = ()
    breaks: Sequence[str] = ()


@dataclass
class Section:
    """A part of a page."""

    name: str
    heading: str
    sentences: list[str] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    tables: list[Markup] = field(default_factory=list)


def breaks_of(charts: Iterable[Chart]) -> list[str]:
    """The breaks in the series of several charts, each once."""
    return list(dict.fromkeys(text for chart in charts for text in chart.breaks))


def table(
    words: Words,
    caption: str,
    head: Sequence[str],
    rows: Iterable[Row],
    *,
    is_shown: bool = True,
) -> Markup:
    """A table that can be moved sideways, with the meaning of each sign in it below.

    Not `is_shown`: it is folded below the chart that it belongs to.
    """
    parts, cells = [], []
    for row in rows:
        columns = "".join(_entry(words, entry) for entry in row.entries)
        mark = ' class="t"' if row.is_total else ""
        parts.append(f'<tr{mark}><th scope="row">{escape(row.heading)}</th>{columns}</tr>')
        cells += [entry for entry in row.entries if isinstance(entry, Cell)]
    whole = in_scroll(caption, head, "".join(parts)) + meanings(words, cells)
    if is_shown:
        return whole
    return Markup(
        f"<details><summary>{escape(words('site.table_of_chart'))}</summary>{whole}</details>"
    )


def in_scroll(caption: str, head: Sequence[str], body: str, attributes: str = "") -> Markup:
    """A table of rows (HTML) that can be moved sideways."""
    first, *others = (str(escape(each)) for each in head)
    heads = "".join(f'<th scope="col" class="n">{each}</th>' for each in others)
    named = escape(caption)
    return Markup(
        f'<div class="scroll" role="region" aria-label="{named}"><table{attributes}>'
        f'<caption>{named}</caption><thead><tr><th scope="col">{first}</th>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def meanings(words: Words, cells: Iterable[Cell]) -> Markup:
    """What the signs among cells mean, each once, and the star of preliminary figures."""
    found: dict[str, str] = {}
    for cell in cells:
        if cell.number is None and cell.sign:
            found.setdefault(cell.sign, words.meaning(cell.sign))
        elif cell.is_preliminary:
            found.setdefault(PRELIMINARY, words("about.preliminary_sign"))
    if not found:
        return Markup("")
    items = Markup("").join(
        Markup("<li><b>{}</b> {}</li>").format(sign, meaning)
        for sign, meaning in sorted(found.items())
    )
    return Markup('<ul class="signs">{}</ul>').format(items)


def _entry(words: Words, entry: Entry) -> str:
    if isinstance(entry, Cell):
        return f'<td class="n">{words.shown(entry)}</td>'
    return f"<td>{escape(entry)}</td>"
