"""Row headers in the PDF's tables, tagged as the page has them.

Typst tags the cells of a table's head. `pdf.header-cell`, which tags those at the rows' beginning,
is not among the functions of its Python package (0.15), so the tags are changed in the written
file: each row's first cell becomes a TH with scope Row, and the cells beside it name it. Only the
tags and the table of where objects lie change, not what is drawn.
"""

import re
from collections import Counter

_ENTRY = 20
"""Bytes of an entry in a PDF's table of where its objects lie."""
_ROW = re.compile(rb"<</Type/StructElem/S/TR/P \d+ 0 R/K\[([\d R]+)\]>>")
_CELL = re.compile(
    rb"<</Type/StructElem/S/TD(/P \d+ 0 R)/A\[<</O/Table/Headers\[\((U\d+x\d+y0)\)\]>>"
)
_FIRST = re.compile(rb"(U\d+x0y)0")
_NAMES = re.compile(rb"(?<=/IDTree<</Names\[)[^\]]*(?=\]>>)")
_NAME = re.compile(rb"\((\w+)\)(\d+) 0 R")


def with_row_headers(pdf: bytes, rows: int) -> bytes:
    """Return the PDF with its tables' row headers tagged.

    Raises ValueError if they are not as many as the tables' rows: Typst writes its tags otherwise
    than this module reads them.
    """
    start = int(pdf[pdf.rindex(b"startxref") :].split()[1])
    head = re.match(rb"xref\n0 (\d+)\n", pdf[start:])
    if head is None:
        raise ValueError("The PDF has no table of its objects where it says so.")
    count, first = int(head[1]), start + head.end()
    entries = [pdf[first + at * _ENTRY : first + (at + 1) * _ENTRY] for at in range(count)]
    begins = {at: int(entry[:10]) for at, entry in enumerate(entries) if entry[17:18] == b"n"}
    ordered = sorted(begins, key=begins.__getitem__)
    ends = dict(zip(ordered, [*(begins[number] for number in ordered[1:]), start], strict=True))
    objects = {number: pdf[begins[number] : ends[number]] for number in ordered}

    found = _tag(objects)
    if found != rows:
        raise ValueError(
            f"{found} row headers found in the PDF's tags, but its tables have {rows} rows. Does "
            "another version of Typst write its tags in another way?"
        )

    written, at = [pdf[: begins[ordered[0]]]], begins[ordered[0]]
    for number in ordered:
        entries[number] = b"%010d" % at + entries[number][10:]
        written.append(objects[number])
        at += len(objects[number])
    tail = pdf[first + count * _ENTRY : pdf.rindex(b"startxref")]
    return b"".join([*written, head[0], *entries, tail, b"startxref\n%d\n%%%%EOF" % at])


def _tag(objects: dict[int, bytes]) -> int:
    """Change the tags in place, and return how many row headers there are."""
    names: dict[bytes, int] = {}
    counted: Counter[bytes] = Counter()
    for row in [found for body in objects.values() if (found := _ROW.search(body))]:
        cells = [int(number) for number in re.findall(rb"(\d+) 0 R", row[1])]
        told = _CELL.search(objects[cells[0]])
        table = _FIRST.fullmatch(told[2]) if told else None
        if table is None:
            continue
        counted[table[1]] += 1
        name = b"%s%d" % (table[1], counted[table[1]])
        names[name] = cells[0]
        objects[cells[0]] = _CELL.sub(
            rb"<</Type/StructElem/S/TH\1/ID(%s)/A[<</O/Table/Scope/Row/Headers[(\2)]>>" % name,
            objects[cells[0]],
        )
        for cell in cells[1:]:
            objects[cell] = _CELL.sub(
                rb"<</Type/StructElem/S/TD\1/A[<</O/Table/Headers[(\2)(%s)]>>" % name,
                objects[cell],
            )
    for number, body in objects.items():
        objects[number] = _NAMES.sub(lambda tree: _sorted(tree[0], names), body)
    return len(names)


def _sorted(tree: bytes, names: dict[bytes, int]) -> bytes:
    """Return the names of tags with more of them, in the order that PDF wants."""
    every = {name: int(number) for name, number in _NAME.findall(tree)} | names
    return b"".join(b"(%s)%d 0 R" % each for each in sorted(every.items()))
