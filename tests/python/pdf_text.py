"""The text of the report's PDF, page by page: enough of the format for what Typst writes.

No reader of PDF is among the project's libraries, and a report's numbers are to be looked for in
the file itself, not in what it was made from. Blanks that may not break come out as blanks.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

_OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.DOTALL)
_WORD = re.compile(rb"/?[^\s/()<>\[\]{}%]+")
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

Matrix = tuple[float, float, float, float, float, float]
_SAME: Matrix = (1, 0, 0, 1, 0, 0)


@dataclass
class _Lines:
    """Pieces of text as they are drawn; letters set one by one in a chart are put together."""

    found: list[str] = field(default_factory=list)
    heights: list[float] = field(default_factory=list)
    _last: tuple[float, float, float] | None = None

    def add(self, text: str, x: float, y: float, size: float) -> None:
        follows = (
            self._last is not None
            and len(text) == 1
            and abs(self._last[1] - y) < 0.1
            and 0 <= x - self._last[0] <= size
        )
        if follows:
            self.found[-1] += text
        else:
            self.found.append(text)
            self.heights.append(y)
        self._last = (x, y, size) if len(text) == 1 else None


class Pdf:
    """The objects of a file."""

    def __init__(self, data: bytes) -> None:
        self.objects = {int(number): body for number, body in _OBJECT.findall(data)}
        self._fonts: dict[int, dict[bytes, str]] = {}

    def pages(self) -> list[str]:
        """Return each page's text; pieces that are drawn apart are on lines of their own."""
        return ["\n".join(lines.found) for lines in self._pages()]

    def heights(self) -> list[list[tuple[float, str]]]:
        """Return each page's pieces of text with how high over the page's foot they stand."""
        return [list(zip(lines.heights, lines.found, strict=True)) for lines in self._pages()]

    def _pages(self) -> list[_Lines]:
        [tree] = [b for b in self.objects.values() if b"/Type/Pages" in b and b"/Parent" not in b]
        return [self._page(self.objects[number]) for number in self._kids(tree)]

    def stream(self, body: bytes) -> bytes:
        """Return a stream's content, unpacked."""
        found = _STREAM.search(body)
        assert found, body[:80]
        packed = b"/FlateDecode" in body[: found.start()]
        return zlib.decompress(found[1]) if packed else found[1]

    def _kids(self, tree: bytes) -> list[int]:
        kids = re.search(rb"/Kids\[([^\]]*)\]", tree)
        assert kids
        pages: list[int] = []
        for number in map(int, re.findall(rb"(\d+) 0 R", kids[1])):
            body = self.objects[number]
            pages += self._kids(body) if b"/Type/Pages" in body else [number]
        return pages

    def _page(self, body: bytes) -> _Lines:
        contents = re.search(rb"/Contents (\d+) 0 R", body)
        assert contents
        lines = _Lines()
        self._draw(self.objects[int(contents[1])], self._resources(body), _SAME, lines)
        return lines

    def _resources(self, body: bytes) -> bytes:
        found = re.search(rb"/Resources (\d+) 0 R", body)
        return self.objects[int(found[1])] if found else body

    def _draw(self, body: bytes, resources: bytes, outer: Matrix, lines: _Lines) -> None:
        fonts = dict(re.findall(rb"(/f\d+) (\d+) 0 R", resources))
        forms = dict(re.findall(rb"(/x\d+) (\d+) 0 R", resources))
        at, kept, operands = outer, [], []
        size, text, font = 0.0, "", {}
        origin: Matrix = _SAME
        for kind, token in _tokens(self.stream(body)):
            if kind != "word" or re.fullmatch(rb"[-+.\d]+|/.*", token):
                operands.append((kind, token))
                continue
            values = [value for _, value in operands]
            if token == b"q":
                kept.append(at)
            elif token == b"Q":
                at = kept.pop()
            elif token == b"cm":
                at = _times(_matrix(values), at)
            elif token == b"BT":
                text, origin = "", _SAME
            elif token == b"Tf":
                font, size = self._font(int(fonts[values[-2]])), float(values[-1])
            elif token == b"Tm":
                origin = _matrix(values)
            elif token in (b"Tj", b"TJ"):
                text += "".join(_decoded(v, font) for kind, v in operands if kind == "text")
            elif token == b"ET":
                place = _times(origin, at)
                lines.add(text, place[4], place[5], size * abs(place[0]))
            elif token == b"Do" and values[-1] in forms:
                form = self.objects[int(forms[values[-1]])]
                self._draw(form, self._resources(form), at, lines)
            operands = []

    def _font(self, number: int) -> dict[bytes, str]:
        """Return what a font's two-byte codes mean, from its ToUnicode table."""
        if number not in self._fonts:
            table = re.search(rb"/ToUnicode (\d+) 0 R", self.objects[number])
            assert table
            text = self.stream(self.objects[int(table[1])])
            self._fonts[number] = {
                bytes.fromhex(code.decode()): bytes.fromhex(meaning.decode()).decode("utf-16-be")
                for code, meaning in re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>\n", text)
            }
        return self._fonts[number]


def _tokens(stream: bytes) -> Iterator[tuple[str, bytes]]:
    """Texts and words of a content stream; what stands in << >> is about the text, not of it."""
    at, depth = 0, 0
    while at < len(stream):
        two = stream[at : at + 2]
        if two in (b"<<", b">>"):
            depth += 1 if two == b"<<" else -1
            at += 2
        elif stream[at : at + 1] == b"(":
            text, at = _text(stream, at + 1)
            if not depth:
                yield "text", text
        elif stream[at : at + 1] == b"<":
            end = stream.index(b">", at)
            if not depth:
                yield "text", bytes.fromhex(stream[at + 1 : end].decode())
            at = end + 1
        elif found := _WORD.match(stream, at):
            if not depth:
                yield "word", found[0]
            at = found.end()
        else:
            at += 1


def _text(stream: bytes, at: int) -> tuple[bytes, int]:
    """A text from behind its bracket, which may hold brackets in pairs, and where it ends."""
    text, depth = b"", 1
    while True:
        letter = stream[at : at + 1]
        at += 1
        if letter == b"\\":
            octal = re.compile(rb"[0-7]{1,3}").match(stream, at)
            escaped = octal[0] if octal else stream[at : at + 1]
            at += len(escaped)
            text += bytes([int(escaped, 8)]) if octal else _ESCAPES.get(escaped, escaped)
            continue
        depth += (letter == b"(") - (letter == b")")
        if depth == 0:
            return text, at
        text += letter


def _matrix(values: list[bytes]) -> Matrix:
    a, b, c, d, e, f = (float(value) for value in values[-6:])
    return (a, b, c, d, e, f)


def _times(inner: Matrix, outer: Matrix) -> Matrix:
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return (
        a * p + b * r,
        a * q + b * s,
        c * p + d * r,
        c * q + d * s,
        e * p + f * r + t,
        e * q + f * s + u,
    )


def _decoded(codes: bytes, font: dict[bytes, str]) -> str:
    return "".join(font[codes[at : at + 2]] for at in range(0, len(codes), 2))
