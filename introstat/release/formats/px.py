"""PX, AXIS-VERSION 2013: what PxWeb, PxWin and the R packages read.

Written here because no maintained writer in Python exists. The choices that the format leaves open:

- UTF-8, told by CODEPAGE: Sámi letters are in no 8-bit code page that PX readers share.
- DATA may hold quoted dots only. One dot is `.`, two are `..`, three are `:`, four are `...`;
  DATASYMBOL1 to 4 say so to the reader.
- A text cannot hold a quotation mark: it is written as an apostrophe. A line break becomes `#` in
  notes, where readers break the line, and a blank elsewhere.
- COPYRIGHT is YES: a licence as CC BY is given by whoever holds it.
- All notes are one NOTE, because pandas-pcaxis reads no second; the mark of preliminary figures is
  the NOTEX. MAP is left out: no map file of PX lies with a release.
- MATRIX and TABLEID are the file's name, so two releases can lie in one database.
- Texts of values are unique in their variable: the code is added where two are the same.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from introstat.disclosure.published import CANNOT_OCCUR, HIDDEN, LEFT_OUT, MISSING
from introstat.errors import UserError
from introstat.release import naming
from introstat.release.cube import (
    PRELIMINARY_EN,
    PRELIMINARY_NB,
    SIGN_TEXTS_EN,
    SIGN_TEXTS_NB,
    Kind,
    Measure,
    PublishedCube,
    PublishedDimension,
    Release,
    unique_labels,
)
from introstat.release.formats.cells import dense_table, one_line

EXTENSION = "px"
DOTS = {CANNOT_OCCUR: '"."', MISSING: '".."', HIDDEN: '"..."', LEFT_OUT: '"...."'}
_SIGNS = {dots.strip('"'): sign for sign, dots in DOTS.items()}
_LONGEST_LINE = 256
_LONGEST_NAME = 240
"""Of a variable or a value; the format has 256, and a code may be added."""
_ENTRY = re.compile(
    r"\s*(?P<keyword>[A-Z][A-Z0-9-]*)(?:\[(?P<language>\w+)\])?"
    r"(?:\((?P<keys>(?:\s*\"[^\"]*\"\s*,?)+)\))?\s*="
)
_VALUE = re.compile(r'(?:"[^"]*"|[^";])*;')
_TEXT = re.compile(r'"([^"]*)"\s*(,?)')
_TIME = re.compile(r"([0-9]{4})(?:H([12]))?")
_LANGUAGES = ("nb", "en")
_YES_OR_NO = ("NO", "YES")
_KINDS: dict[Kind, str] = {"stock": "S", "flow": "F", "average": "A"}


def write(cube: PublishedCube, path: Path, release: Release) -> None:
    """Write a cube in both languages."""
    with path.open("w", encoding="utf-8", newline="\r\n") as file:
        file.writelines(f"{line}\n" for line in _lines(cube, path.stem, release))


def read(path: Path) -> pa.Table:
    """Return the cells, every combination of the codes. Raises UserError if it is no PX file."""
    text = path.read_text(encoding="utf-8-sig")
    entries, data = _parsed(text, path)
    names = [*entries[("STUB", "", ())], *entries[("HEADING", "", ())]]
    lists = [
        (entries[("VARIABLECODE", "", (name,))][0], entries[("CODES", "", (name,))])
        for name in names
    ]
    values: list[str] = []
    signs: list[str] = []
    for token in data.split():
        if token.startswith('"'):
            dots = token.strip('"')
            if dots not in _SIGNS:
                raise UserError(f"{path}: {token} in DATA is no sign.")
            values.append("")
            signs.append(_SIGNS[dots])
        else:
            values.append(token)
            signs.append("")
    notes = entries.get(("NOTEX", "", ()), [])
    return dense_table(lists, values, signs, _plain(PRELIMINARY_NB, "#") in notes)


def _lines(cube: PublishedCube, name: str, release: Release) -> Iterator[str]:
    updated = f"{cube.updated:%Y%m%d} 00:00"
    variables = _variables(cube)
    contents = variables[-1]
    least = min(each.decimals for each in cube.measures)
    yield 'CHARSET="ANSI";'
    yield 'AXIS-VERSION="2013";'
    yield 'CODEPAGE="utf-8";'
    yield f'LANGUAGE="{_LANGUAGES[0]}";'
    yield f"LANGUAGES={_quoted(_LANGUAGES)};"
    yield f'CREATION-DATE="{updated}";'
    if cube.next_update:
        yield f'NEXT-UPDATE="{cube.next_update:%Y%m%d} 00:00";'
    often = "halvårlig" if any("H" in each for each in cube.periods) else "årlig"
    yield f'UPDATE-FREQUENCY="{often}";'
    yield from _texts("TABLEID", name)
    yield f"DECIMALS={cube.decimals};"
    yield f"SHOWDECIMALS={least};"
    yield from _texts("MATRIX", name)
    yield f"AGGREGALLOWED={_YES_OR_NO[cube.adds_up]};"
    yield from _texts("SUBJECT-CODE", cube.subject_code)
    yield from _both("SUBJECT-AREA", cube.subject_nb, cube.subject_en)
    yield "COPYRIGHT=YES;"
    yield from _both("DESCRIPTION", cube.title_nb, cube.title_en)
    yield from _both("TITLE", cube.title_nb, cube.title_en)
    yield "DESCRIPTIONDEFAULT=YES;"
    yield from _both("CONTENTS", cube.title_nb, cube.title_en)
    yield from _both(
        "UNITS",
        ", ".join(dict.fromkeys(each.unit_nb for each in cube.measures)),
        ", ".join(dict.fromkeys(each.unit_en for each in cube.measures)),
    )
    yield from _lists("STUB", [[v.names[i] for v in variables[:-1]] for i in (0, 1)])
    yield from _lists("HEADING", contents.keys)
    yield from _lists("CONTVARIABLE", contents.keys)
    for each in variables:
        yield from _lists("VALUES", each.texts, each.keys)
    for each in variables:
        if timeval := _timeval(each.codes) if each.dimension.role == "time" else None:
            for key in _keyed("TIMEVAL", each.keys):
                yield f"{key}={timeval};"
    for each in variables:
        yield from _lists("CODES", [each.codes] * 2, each.keys)
    for each in variables:
        yield from _lists("VARIABLECODE", [[each.dimension.name]] * 2, each.keys)
    for each in variables:
        if each.dimension.total is not None:
            place = each.codes.index(each.dimension.total)
            yield from _lists("ELIMINATION", [[texts[place]] for texts in each.texts], each.keys)
    for place, measure in enumerate(cube.measures):
        if measure.decimals > least:
            both = [(contents.names[i], contents.texts[i][place]) for i in (0, 1)]
            for key in _keyed("PRECISION", both):
                yield f"{key}={measure.decimals};"
    for place, measure in enumerate(cube.measures):
        keys = [(contents.texts[i][place],) for i in (0, 1)]
        yield from _lists("UNITS", [[measure.unit_nb or "-"], [measure.unit_en or "-"]], keys)
        yield from _lists("LAST-UPDATED", [[updated]] * 2, keys)
        yield from _lists("STOCKFA", [[_KINDS[measure.kind]]] * 2, keys)
        if cube.contact:
            yield from _lists("CONTACT", [[_plain(cube.contact, "#")]] * 2, keys)
        if refers := _refers(cube, measure):
            yield from _lists("REFPERIOD", [[text] for text in refers], keys)
    yield from _both(
        "SOURCE", cube.source_nb or release.publisher, cube.source_en or release.publisher
    )
    yield from _texts("LINK", release.homepage)
    yield f"OFFICIAL-STATISTICS={_YES_OR_NO[release.is_official]};"
    yield from _notes(cube, release)
    yield f'DATASYMBOL1="{CANNOT_OCCUR}";'
    yield f'DATASYMBOL2="{MISSING}";'
    yield f'DATASYMBOL3="{HIDDEN}";'
    yield f'DATASYMBOL4="{LEFT_OUT}";'
    # A reader's own sum over a hidden cell is hidden as well.
    yield f'DATASYMBOLSUM="{HIDDEN}";'
    yield "DATA="
    row = len(cube.measures)
    cells = [
        value or DOTS[sign]
        for value, sign in zip(cube.value_texts(), cube.sign_texts(), strict=True)
    ]
    for start in range(0, len(cells), row):
        yield " ".join(cells[start : start + row]) + " "
    yield ";"


@dataclass(frozen=True)
class _Variable:
    """A dimension as PX has it: name and texts of the codes, in both languages."""

    dimension: PublishedDimension
    names: tuple[str, str]
    texts: tuple[list[str], list[str]]

    @property
    def codes(self) -> tuple[str, ...]:
        return self.dimension.code_names

    @property
    def keys(self) -> list[tuple[str, ...]]:
        """The name as the key of a keyword, in both languages."""
        return [(name,) for name in self.names]


def _variables(cube: PublishedCube) -> list[_Variable]:
    """The variables in the order of the cells, the measures last, with names that are unique."""
    norwegian = _unique([(each.name, each.label_nb) for each in cube.axes])
    english = _unique([(each.name, each.label_en) for each in cube.axes])
    return [
        _Variable(
            each,
            (nb, en),
            (
                _unique([(code.code, code.label_nb) for code in each.codes]),
                _unique([(code.code, code.label_en) for code in each.codes]),
            ),
        )
        for each, nb, en in zip(cube.axes, norwegian, english, strict=True)
    ]


def _notes(cube: PublishedCube, release: Release) -> Iterator[str]:
    if cube.is_preliminary:
        yield from _both("NOTEX", PRELIMINARY_NB, PRELIMINARY_EN, "#")
    signs = [
        "\n".join(f"{sign} {text}" for sign, text in texts.items())
        for texts in (SIGN_TEXTS_NB, SIGN_TEXTS_EN)
    ]
    described = [cube.description_nb, cube.description_en]
    licence = [f"Lisens: {release.licence}", f"Licence: {release.licence}"]
    told = [described, *zip(cube.notes_nb, cube.notes_en, strict=True), signs, licence]
    paragraphs = [(_plain(nb or en, "#"), _plain(en or nb, "#")) for nb, en in told if nb or en]
    for head, texts in zip(("NOTE", "NOTE[en]"), zip(*paragraphs, strict=True), strict=True):
        yield from _texts(head, "##".join(texts))


def _refers(cube: PublishedCube, measure: Measure) -> tuple[str, str] | None:
    """What day or days a measure is of, in both languages; None where the periods say it."""
    if measure.refers_nb:
        return _plain(measure.refers_nb), _plain(measure.refers_en or measure.refers_nb)
    if len(cube.periods) > 1:
        return None
    first, last = naming.period_dates(cube.periods[0])
    return f"{first:%d.%m.%Y}–{last:%d.%m.%Y}", f"{first} – {last}"


def _timeval(periods: Sequence[str]) -> str | None:
    """The periods as PX counts time; None if they are not of one kind, in order."""
    found = [_TIME.fullmatch(each) for each in periods]
    kinds = {bool(each and each[2]) for each in found}
    if None in found or len(kinds) > 1 or list(periods) != sorted(periods):
        return None
    scale = "H1" if kinds == {True} else "A1"
    return f"TLIST({scale}),{_quoted(each.replace('H', '') for each in periods)}"


def _unique(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Labels as PX can hold them, each of them once."""
    short = [(code, _short(_plain(label))) for code, label in pairs]
    return unique_labels(short)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1].rstrip() + "…"


def _plain(text: str, line_break: str = " ") -> str:
    """A text without what PX has no way to write."""
    return one_line(text.replace('"', "'"), line_break) or "-"


def _both(keyword: str, nb: str, en: str, line_break: str = " ") -> Iterator[str]:
    yield from _texts(keyword, _plain(nb or en, line_break))
    yield from _texts(f"{keyword}[en]", _plain(en or nb, line_break))


def _keyed(keyword: str, keys: Sequence[tuple[str, ...]]) -> Iterator[str]:
    for language, key in zip(("", "[en]"), keys, strict=True):
        yield f"{keyword}{language}({_quoted(key)})"


def _lists(
    keyword: str, both: Sequence[Sequence[str]], keys: Sequence[tuple[str, ...]] | None = None
) -> Iterator[str]:
    """A keyword with a list of texts in each language."""
    heads = list(_keyed(keyword, keys)) if keys else [keyword, f"{keyword}[en]"]
    for head, texts in zip(heads, both, strict=True):
        yield from _texts(head, *texts)


def _texts(head: str, *texts: str) -> Iterator[str]:
    """A keyword with its texts, in lines that the format allows: broken after a comma, or in a long
    text between two words, which then stand in quotation marks of their own.
    """
    line = f"{head}="
    for number, text in enumerate(texts):
        end = "," if number < len(texts) - 1 else ";"
        parts = list(_parts(text))
        for place, part in enumerate(parts):
            piece = f'"{part}"{end if place == len(parts) - 1 else ""}'
            if len(line) + len(piece) > _LONGEST_LINE and line:
                yield line
                line = ""
            line += piece
            if place < len(parts) - 1:
                yield line
                line = ""
    yield line


def _quoted(texts: Iterable[str]) -> str:
    return ",".join(f'"{each}"' for each in texts)


def _parts(text: str) -> Iterable[str]:
    """A text in parts short enough for a line, broken behind a blank where there is one."""
    room = _LONGEST_LINE - 6
    while len(text) > room:
        cut = text.rfind(" ", 0, room) + 1 or room
        yield text[:cut]
        text = text[cut:]
    yield text


def _parsed(text: str, path: Path) -> tuple[dict[tuple[str, str, tuple[str, ...]], list[str]], str]:
    """The texts of every keyword, language and keys; and what is behind DATA."""
    entries: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    at = 0
    while found := _ENTRY.match(text, at):
        if found["keyword"] == "DATA":
            return entries, text[found.end() :].strip().removesuffix(";")
        value = _VALUE.match(text, found.end())
        if not value:
            break
        keys = tuple(re.findall(r'"([^"]*)"', found["keys"] or ""))
        texts, begun = [], ""
        for part, comma in _TEXT.findall(value[0]):
            begun += part
            if comma:
                texts.append(begun)
                begun = ""
        texts.append(begun)
        entries.setdefault((found["keyword"], found["language"] or "", keys), texts)
        at = value.end()
    line = text.count("\n", 0, at) + 1
    raise UserError(
        f"{path}, line {line}: not a PX file; expected KEYWORD=value; and DATA= at last."
    )
