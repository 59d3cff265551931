"""Reading one delivered file as text, row by row with line numbers, in whatever shape it came.

Every reader gives a DuckDB view `incoming` of text: the contract's columns, `line_number` (the
row's first line in the file, the header being line 1), and as the format needs it `extra_columns`
(JSON) or `line_content` (the line as it came). Beneath it is one table `parsed`: DuckDB reads a
file into it with all its threads, in the file's order, so that a row's place in the table is its
place in the file, and no second copy is made to number the rows.
"""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, cast

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from introstat.errors import DeliveryRefused
from introstat.identity.numbers import BLANKS
from introstat.receipt.manifest import DeliveredFile, Delivery
from introstat.sql import quoted_name, text_literal

_MAX_LINE_BYTES = 16 * 1024 * 1024
# DuckDB would take 16 times the longest line, and give it back to the system after every file.
_BUFFER_BYTES = 2 * _MAX_LINE_BYTES
# Text of registers packs to a twentieth, gzip at its utmost to a thousandth; small files may do so.
_MOST_UNPACKED = 200
MOST_COLUMNS = 1000
_ALWAYS_UNPACKED = 64 * 1024 * 1024
# A byte that JSON and the form may not hold: as delimiter it makes a line one column.
_UNIT_SEPARATOR = "\x1f"
# The number of a line where every line is a row.
_LINE_OF_ROW = "rowid + 1"
# Whose a line of JSON is: null if it does not parse.
_PERSON = "$.inntektsmottaker.personidentifikator"
# A character that JSON spells; a backslash that is one itself comes in twos before it.
_ESCAPE = re.compile(r"((?<!\\)(?:\\\\)*)\\u([0-9a-fA-F]{4})")
# Bytes that latin-1 gives to no letter and Windows gives to dashes and curly quotes.
_OF_WINDOWS = re.compile("[\x80-\x9f]")
# How much of names that a file gives itself goes into a remark.
_MAX_SHOWN_NAMES, _MAX_SHOWN_LETTERS = 50, 60
# What csv calls a field may be as long as a line.
csv.field_size_limit(_MAX_LINE_BYTES)


def load_incoming(
    connection: duckdb.DuckDBPyConnection, delivery: Delivery, file: DeliveredFile
) -> list[str]:
    """Read a file into the view `incoming` and return remarks on it (extra or absent columns).

    Raises DeliveryRefused with the file's name, the line where one is known, and what to do.
    """
    where = f"{delivery.name}/{file.path.name}"
    if file.path.suffix == ".parquet":
        expect_rows(parquet_footer(file.path, where).num_rows, file.rows, where)
    found, remarks = read_incoming(connection, delivery, file)
    expect_rows(found, file.rows, where)
    return remarks


def expect_rows(found: int, said: int, where: str) -> None:
    """Refuse a file that has another number of rows than its manifest says."""
    if found != said:
        raise DeliveryRefused(
            f"{where}: {found} rows, but the manifest says {said}. The file is cut off or the "
            "manifest is of another file; ask for the delivery anew.",
            "row_count",
        )


def read_incoming(
    connection: duckdb.DuckDBPyConnection, delivery: Delivery, file: DeliveredFile
) -> tuple[int, list[str]]:
    """Read a file into the view `incoming`, however many rows it has; return them and remarks."""
    where = f"{delivery.name}/{file.path.name}"
    if file.path.suffix == ".gz":
        expect_sound_gzip(file.path, where)
    check_mark(file.path, delivery.encoding, where)
    if file.path.suffix == ".parquet":
        remarks = _load_parquet(connection, file, where)
    elif file.table.format == "csv":
        remarks = _load_csv(connection, delivery.encoding, file, where)
    else:
        _load_lines(connection, delivery.encoding, file, where)
        parse = _parse_json if file.table.format == "jsonl" else _parse_fixed_width
        remarks = parse(connection, file, where)
    return _count(connection, "select count(*) from parsed"), remarks


def expect_sound_gzip(path: Path, where: str) -> None:
    """Refuse a compressed file that is cut off (DuckDB reads it as far as it goes) or a bomb."""
    limit = _most_unpacked(path)
    unpacked = 0
    try:
        with gzip.open(path) as file:
            while block := file.read(1 << 20):
                unpacked += len(block)
                if unpacked > limit:
                    raise _bomb(where)
    except (OSError, EOFError, zlib.error):
        raise DeliveryRefused(
            f"{where}: the compressed file is broken or cut off. Fetch it again.", "compressed"
        ) from None


def parquet_footer(path: Path, where: str) -> pq.FileMetaData:
    """Return what a Parquet file says of itself at its end; DeliveryRefused if it is none."""
    try:
        return pq.read_metadata(path)
    except (OSError, pa.ArrowException, UnicodeDecodeError):  # the last: a name that is no text
        raise _no_parquet(where) from None


def expect_small_parquet(
    connection: duckdb.DuckDBPyConnection, path: Path, names: list[str], where: str
) -> None:
    """Refuse a Parquet file that is much smaller than the text in it (a bomb).

    What the footer says is looked at first. It does not count a value that stands in a dictionary
    once and in the table a million times, so the text is measured too, value by value as it streams
    by, a byte for each field's end as CSV has it.
    """
    footer = parquet_footer(path, where)
    limit = _most_unpacked(path)
    groups = [footer.row_group(place) for place in range(footer.num_row_groups)]
    if sum(group.total_byte_size for group in groups) > limit:
        raise _bomb(where)
    if len(names) > MOST_COLUMNS:
        raise DeliveryRefused(
            f"{where}: {len(names)} columns, and no extract has over {MOST_COLUMNS}.", "columns"
        )
    lengths = " + ".join(f"coalesce(strlen({quoted_name(name)}::varchar), 0) + 1" for name in names)
    try:
        with reading_parquet(where):
            measured = _count(
                connection,
                f"select coalesce(sum({lengths}), 0) from read_parquet({text_literal(str(path))})",
            )
    except duckdb.OutOfMemoryException:
        raise _bomb(where) from None  # a page that does not even stream
    if measured > limit:
        raise _bomb(where)


def _most_unpacked(path: Path) -> int:
    return max(_MOST_UNPACKED * path.stat().st_size, _ALWAYS_UNPACKED)


def _bomb(where: str) -> DeliveryRefused:
    return DeliveryRefused(
        f"{where}: unpacks to more than {_MOST_UNPACKED} times its size, as no extract does. Ask "
        "for the delivery anew.",
        "compressed",
    )


def _no_parquet(where: str) -> DeliveryRefused:
    return DeliveryRefused(f"{where}: not readable as Parquet. Fetch it again.", "unreadable")


@contextmanager
def reading_parquet(where: str) -> Iterator[None]:
    """Refuse the file if what is done in the block shows that it is no sound Parquet."""
    try:
        yield
    except duckdb.OutOfMemoryException:
        raise  # not the file's fault
    except duckdb.Error:
        raise _no_parquet(where) from None


def _load_csv(
    connection: duckdb.DuckDBPyConnection, encoding: str, file: DeliveredFile, where: str
) -> list[str]:
    names, header_lines = _header(file.path, encoding, where)
    _check_columns(where, names, file)
    connection.execute("drop table if exists reject_errors; drop table if exists reject_scans")
    # By position: two names that differ in case only, or none at all, are fine in an extra column.
    columns = ", ".join(f"c{place}: 'varchar'" for place in range(len(names)))
    try:
        connection.execute(
            f"""
            create or replace temp table parsed as
            from read_csv(
                {text_literal(str(file.path))}, columns = {{{columns}}}, auto_detect = false,
                header = false, skip = {header_lines}, delim = ';', quote = '"', escape = '"',
                encoding = '{encoding}', max_line_size = {_MAX_LINE_BYTES},
                buffer_size = {_BUFFER_BYTES}, null_padding = false, ignore_errors = true,
                store_rejects = true
            )
            """
        )
    except duckdb.Error as error:
        raise _unreadable(where, file.path, encoding, error) from None
    _refuse_rejects(connection, file.path, encoding, where, len(names))
    are_numbered = _number_lines(connection, file.path, encoding, where, header_lines)
    return _select_incoming(connection, file, where, names, None if are_numbered else header_lines)


def _load_parquet(
    connection: duckdb.DuckDBPyConnection, file: DeliveredFile, where: str
) -> list[str]:
    with reading_parquet(where):
        described = connection.execute(
            f"describe select * from read_parquet({text_literal(str(file.path))})"
        ).fetchall()
    names = [row[0] for row in described]
    other = [row[0] for row in described if row[1] != "VARCHAR"]
    if other:
        raise DeliveryRefused(
            f"{where}: column {other[0]} is not text. A Parquet file holds every column as "
            "strings.",
            "columns",
        )
    _check_columns(where, names, file)
    values = ", ".join(
        f"nullif({quoted_name(name)}, '') as c{place}" for place, name in enumerate(names)
    )
    expect_small_parquet(connection, file.path, names, where)
    with reading_parquet(where):
        connection.execute(
            f"create or replace temp table parsed as select {values} "
            f"from read_parquet({text_literal(str(file.path))})"
        )
    return _select_incoming(connection, file, where, names, 0)


def _select_incoming(
    connection: duckdb.DuckDBPyConnection,
    file: DeliveredFile,
    where: str,
    names: list[str],
    lines_above: int | None,
) -> list[str]:
    """Make `incoming` of `parsed`, and say which columns are more or fewer.

    Every row is one line after `lines_above` others, or has its first line in `line_numbers`.
    """
    places = {name: place for place, name in enumerate(names)}
    known = [column.name for column in file.table.columns]
    absent = [name for name in known if name not in places]
    extra = {
        name or f"column_{place + 1}": place
        for place, name in enumerate(names)
        if name not in known
    }
    selected = ", ".join(
        f"parsed.c{places[name]} as {quoted_name(name)}"
        if name in places
        else f"null::varchar as {quoted_name(name)}"
        for name in known
    )
    packed = ", ".join(f"{text_literal(name)}, parsed.c{place}" for name, place in extra.items())
    if lines_above is None:
        rows = "parsed inner join line_numbers on parsed.rowid = line_numbers.rowid"
        line = "line_numbers.first_line"
    else:
        rows, line = "parsed", f"parsed.rowid + {lines_above + 1}"
    connection.execute(
        f"""
        create or replace temp view incoming as
        select
            {selected},
            {f"json_object({packed})::varchar" if extra else "null::varchar"} as extra_columns,
            {line} as line_number
        from {rows}
        """
    )
    remarks = []
    if extra:
        remarks.append(f"{where}: extra columns kept but not used: {shown_names(extra)}")
    if absent:
        remarks.append(f"{where}: optional columns not delivered: {', '.join(absent)}")
    return remarks


def shown_names(names: Iterable[str]) -> str:
    """Say names that a file gives itself: what could be a number is not repeated, nor are pages."""
    shown = [re.sub(r"[0-9]{6,}", "…", name)[:_MAX_SHOWN_LETTERS] for name in names]
    more = len(shown) - _MAX_SHOWN_NAMES
    return ", ".join(shown[:_MAX_SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")


def _header(path: Path, encoding: str, where: str) -> tuple[list[str], int]:
    try:
        with opened_as_text(path, "utf-8-sig" if encoding == "utf-8" else encoding) as text:
            reader = csv.reader(text, delimiter=";", strict=True)
            names = [name.strip() for name in next(reader, [])]
            lines = reader.line_num
    except UnicodeDecodeError:
        raise DeliveryRefused(
            f"{where}, line 1: not {encoding}. Set `encoding` in the manifest or save as that.",
            "encoding",
        ) from None
    except (OSError, EOFError, csv.Error):
        raise DeliveryRefused(
            f"{where}, line 1: the header cannot be read. Fetch it again.", "columns"
        ) from None
    if len(names) > MOST_COLUMNS:
        raise DeliveryRefused(
            f"{where}, line 1: {len(names)} columns, and no extract has over {MOST_COLUMNS}. Is "
            "the file separated by `;`?",
            "columns",
        )
    if not any(names):
        raise DeliveryRefused(
            f"{where}: empty, not even a header row. A file without rows still has its header.",
            "columns",
        )
    return names, lines


def _check_columns(where: str, names: list[str], file: DeliveredFile) -> None:
    """Refuse a header without the required columns.

    Only the contract's own names are repeated: without a header a person's row is in its place.
    """
    known = [column.name for column in file.table.columns]
    lacking = [c.name for c in file.table.columns if c.required and c.name not in names]
    if lacking:
        found = ", ".join(name for name in names if name in known) or "none of the columns"
        raise DeliveryRefused(
            f"{where}, line 1: required column {', '.join(lacking)} is missing; of what is "
            f"expected the header has {found}. Is the header missing, is this a file of another "
            "source, or is it not separated by `;`?",
            "columns",
        )
    twice = [name for name in known if names.count(name) > 1]
    if twice:
        raise DeliveryRefused(f"{where}, line 1: column {twice[0]} is there twice.", "columns")


def _refuse_rejects(
    connection: duckdb.DuckDBPyConnection, path: Path, encoding: str, where: str, columns: int
) -> None:
    """Refuse a file with rows that do not parse; the rejected text itself is never shown."""
    meaning = {
        "MISSING COLUMNS": f"fewer than {columns} fields",
        "TOO MANY COLUMNS": f"more than {columns} fields",
        "UNQUOTED VALUE": "a quote that is not closed, or text after a closing quote",
        "INVALID ENCODING": "bytes that are not in the manifest's encoding",
        "LINE SIZE OVER MAXIMUM": f"a line longer than {_MAX_LINE_BYTES} bytes",
    }
    rejects = connection.execute(
        "select line, line_byte_position, error_type::varchar, "
        "(select count(distinct line) from reject_errors) from reject_errors order by line limit 1"
    ).fetchone()
    if rejects is not None:
        line, position, kind, number = rejects
        if position is not None:
            line = _line_at(path, encoding, position - 1)
        others = f" ({number - 1} more rows with errors)" if number > 1 else ""
        raise DeliveryRefused(
            f"{where}, line {line}: {meaning.get(kind, 'cannot be parsed')}{others}. "
            "Mend the file at its source and ask for the delivery anew.",
            "encoding" if kind == "INVALID ENCODING" else "unparseable",
        )


def _line_at(path: Path, encoding: str, position: int) -> int:
    """Return the line of the first row at or after a position in the file's bytes as UTF-8.

    DuckDB counts rows, blank ones too, and a quoted field may hold line breaks.
    """
    breaks: Counter[int] = Counter()
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    with opened_as_bytes(path) as file:
        while block := file.read(1 << 20):
            if encoding != "utf-8":
                block = decoder.decode(block).encode()
            before, after = block[:position], block[position:]
            blank = after[: len(after) - len(after.lstrip(b"\r\n"))]
            breaks.update(byte for byte in before + blank if byte in b"\r\n")
            position = max(position - len(block), 0)
            if not position and len(blank) < len(after):
                break
    # One of the two ends lines; both do where they stand together.
    return max(breaks.values(), default=0) + 1


def _number_lines(
    connection: duckdb.DuckDBPyConnection, path: Path, encoding: str, where: str, header_lines: int
) -> bool:
    """Make `line_numbers` by reading again, row for row with `parsed`, unless a row is a line.

    Returns whether it was made.
    """
    rows = _count(connection, "select count(*) from parsed")
    if _lines_in(path) == rows + header_lines:
        return False
    starts = []
    before = 0
    with opened_as_text(path, encoding) as text, suppress(csv.Error):
        reader = csv.reader(text, delimiter=";")
        for record in reader:
            if record:
                starts.append(before + 1)
            before = reader.line_num
    if len(starts) != rows + 1:
        raise DeliveryRefused(
            f"{where}: its rows cannot be told apart ({rows} or {len(starts) - 1}); is a quote "
            "open? Mend the file at its source and ask for the delivery anew.",
            "unparseable",
        )
    numbered = pa.table({"first_line": pa.array(starts[1:], pa.int64())})
    connection.register("numbered", numbered)
    connection.execute("create or replace temp table line_numbers as from numbered")
    connection.unregister("numbered")
    return True


def _load_lines(
    connection: duckdb.DuckDBPyConnection, encoding: str, file: DeliveredFile, where: str
) -> None:
    """Read the lines into `parsed`, blank ones too; of JSON also what is asked of each line."""
    lines = f"""
        read_csv(
            {text_literal(str(file.path))}, columns = {{'line_content': 'varchar'}},
            auto_detect = false, header = false, delim = '{_UNIT_SEPARATOR}', quote = '',
            escape = '', encoding = '{encoding}', max_line_size = {_MAX_LINE_BYTES},
            buffer_size = {_BUFFER_BYTES}, ignore_errors = true, store_rejects = true
        )
    """
    asked = _asked_of(lines, file) if file.table.format == "jsonl" else f"from {lines}"
    connection.execute("drop table if exists reject_errors; drop table if exists reject_scans")
    try:
        connection.execute(f"create or replace temp table parsed as {asked}")
    except duckdb.Error as error:
        raise _unreadable(where, file.path, encoding, error) from None
    _refuse_rejects(connection, file.path, encoding, where, 1)


def _asked_of(lines: str, file: DeliveredFile) -> str:
    """Query whose each line of JSON is, and whether a list in it has a second object.

    Both are asked of a line in one parsing; one that cannot be parsed is nobody's.
    """
    seconds = _second_objects(file)
    has_second = " or ".join(f"found[{place}] is not null" for place in range(2, len(seconds) + 2))
    return f"""
        select
            * exclude (found),
            found[1] as personidentifikator,
            {has_second or "false"} as has_second
        from (select *, try(line_content ->> {[_PERSON, *seconds]}) as found from {lines})
    """


def _leave_out_blank(connection: duckdb.DuckDBPyConnection) -> str:
    """Keep the lines that are not blank; return the expression of a line's number in the file."""
    blank = (
        "(line_content is null or strlen(line_content) = 0 "
        "or (starts_with(line_content, ' ') and trim(line_content) = ''))"
    )
    if not _count(connection, f"select count(*) from parsed where {blank}"):
        return _LINE_OF_ROW
    # Not deleted: DuckDB may number the rows of a table anew once some are gone.
    connection.execute(
        f"""
        create or replace temp table parsed as
        select *, rowid + 1 as file_line from parsed where not {blank} order by rowid
        """
    )
    return "file_line"


def _parse_json(
    connection: duckdb.DuckDBPyConnection, file: DeliveredFile, where: str
) -> list[str]:
    """Take the identity number out of each line; the rest is read once the line is sealed."""
    line = _LINE_OF_ROW
    has_spelled, broken = _looked_through(connection, line)
    if broken:
        line = _leave_out_blank(connection)
    if has_spelled:
        _spell_out(connection, file)
    if broken or has_spelled:
        _, broken = _looked_through(connection, line)
    if broken:
        raise DeliveryRefused(
            f"{where}, line {broken}: not a JSON object. Every line holds one; ask for the "
            "delivery anew.",
            "unparseable",
        )
    connection.execute(
        f"""
        create or replace temp view incoming as
        select personidentifikator, line_content, {line} as line_number from parsed
        """
    )
    extra = _fields_in_lines(connection, file) - set(file.table.fields)
    if not extra:
        return []
    names = sorted(path.replace("[*]", "") for path in extra)
    return [f"{where}: extra fields kept but not used: {shown_names(names)}"]


def _looked_through(connection: duckdb.DuckDBPyConnection, line: str) -> tuple[bool, int]:
    """Return whether a character is spelled in any line, and the first line that is no object.

    The first has its number, 0 if there is none. A line that has told whose it is has been parsed.
    """
    row = connection.execute(
        rf"""
        select
            coalesce(bool_or(contains(line_content, '\u')), false),
            coalesce(min(
                case
                    when personidentifikator is not null then null
                    when not coalesce(json_valid(line_content), false) then {line}
                    when starts_with(line_content, '{{') then null
                    when json_type(line_content) <> 'OBJECT' then {line}
                end
            ), 0)
        from parsed
        """
    ).fetchone()
    return row or (False, 0)


def _spell_out(connection: duckdb.DuckDBPyConnection, file: DeliveredFile) -> None:
    """Write what JSON spells \\uXXXX as it is, where a number spelled so would not be found."""
    lines = connection.execute(
        r"select rowid as place, line_content from parsed where contains(line_content, '\u')"
    ).to_arrow_table()
    spelled = [_ESCAPE.sub(_spelled_out, line) for line in lines["line_content"].to_pylist()]
    connection.register(
        "spelled",
        pa.table({"place": lines["place"], "line_content": pa.array(spelled, pa.string())}),
    )
    connection.execute(
        f"""
        update parsed
        set line_content = new.line_content, personidentifikator = new.personidentifikator
        from ({_asked_of("spelled", file)}) as new
        where parsed.rowid = new.place
        """
    )
    connection.unregister("spelled")


def _spelled_out(escape: re.Match[str]) -> str:
    char = chr(int(escape[2], 16))
    if char == "\t":
        return rf"{escape[1]}\t"
    return escape[1] + char if char.isdecimal() or char in BLANKS else escape[0]


def _fields_in_lines(connection: duckdb.DuckDBPyConnection, file: DeliveredFile) -> set[str]:
    """Return the JSON paths of the fields that the lines have in the objects the contract knows.

    A line is parsed once for all objects if none of its lists holds a second one, as in most lines.
    """
    parents = _parents(file)
    firsts = [f"$.{parent}".rstrip(".").replace("[*]", "[0]") for parent in parents]
    names = [_distinct_names(parents, "line_content", firsts, "true")]
    in_lists = [parent.rpartition("[*]") for parent in parents if "[*]" in parent]
    for place in sorted({place for place, _, _ in in_lists}):
        below = [rest for of, _, rest in in_lists if of == place]
        names.append(
            _distinct_names(
                [f"{place}[*]{rest}" for rest in below],
                f"unnest(json_extract(line_content, '$.{place}[*]'))",
                [f"${rest}" for rest in below],
                "has_second",
            )
        )
    found = connection.execute(
        f"select distinct parent, unnest(names) as name from ({' union all '.join(names)})"
    ).fetchall()
    return {f"{parent}.{name}" if parent else name for parent, name in found}


def _distinct_names(parents: list[str], objects: str, paths: list[str], among: str) -> str:
    """Query the names at paths in JSON objects of the lines, each with the parent it stands for.

    The lists of names are made distinct first, by their checksums: they are few, the lines many.
    """
    return f"""
        select unnest({parents}) as parent, unnest(found) as names
        from (
            select any_value(found) as found
            from (select json_keys({objects}, {paths}) as found from parsed where {among})
            group by hash(found)
        )
    """


def _parents(file: DeliveredFile) -> list[str]:
    """Return the paths of the objects whose fields the contract knows."""
    return sorted({path.rpartition(".")[0] for path in file.table.fields})


def _second_objects(file: DeliveredFile) -> list[str]:
    """Return where a second object is, if a list of the contract has one; of lists in lists too."""
    return sorted(
        {
            f"$.{parent[: mark.start()]}".replace("[*]", "[0]") + "[1]"
            for parent in _parents(file)
            for mark in re.finditer(re.escape("[*]"), parent)
        }
    )


def _parse_fixed_width(
    connection: duckdb.DuckDBPyConnection, file: DeliveredFile, where: str
) -> list[str]:
    line = _leave_out_blank(connection)
    # A line of another width has slipped: its positions mean nothing, so only the line is kept.
    in_width = f"length(line_content) = {file.table.width}"
    slices = {c.name: c.slice for c in file.table.columns if c.slice is not None}
    cut = ", ".join(
        f"case when {in_width} then substr(line_content, {start + 1}, {end - start}) end "
        f"as {quoted_name(name)}"
        for name, (start, end) in slices.items()
    )
    values = ", ".join(
        f"nullif(trim({quoted_name(name)}), '') as {quoted_name(name)}" for name in slices
    )
    # A table: what reads it, several times, would cut every line anew.
    connection.execute(
        f"""
        create or replace temp table parsed as
        select {values}, line_content, line_number
        from (
            select
                {cut}, case when not {in_width} then line_content end as line_content,
                {line} as line_number
            from parsed
        )
        """
    )
    connection.execute("create or replace temp view incoming as from parsed")
    return []


def check_mark(path: Path, encoding: str, where: str) -> None:
    """Refuse a file whose first bytes say that it is in another encoding than the manifest says."""
    try:
        with opened_as_bytes(path) as file:
            first = file.read(3)
    except (OSError, EOFError):
        return  # a broken gzip is told of, with its line, by the reader
    if first == codecs.BOM_UTF8 and encoding != "utf-8":
        raise DeliveryRefused(
            f"{where}: begins with the mark of UTF-8, but the manifest says {encoding}. Set "
            "`encoding` in the manifest to utf-8.",
            "encoding",
        )
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DeliveryRefused(
            f"{where}: is UTF-16, expected {encoding}. Save it as UTF-8 and set `encoding` in the "
            "manifest to utf-8.",
            "encoding",
        )


def _unreadable(where: str, path: Path, encoding: str, error: duckdb.Error) -> DeliveryRefused:
    """Say why a file could not be read at all, without the text that DuckDB quotes from it."""
    if isinstance(error, duckdb.OutOfMemoryException):
        raise error  # not the file's fault
    line = 0
    try:
        with opened_as_text(path, encoding) as text:
            for line, content in enumerate(text, start=1):
                if encoding == "latin-1" and _OF_WINDOWS.search(content):
                    return DeliveryRefused(
                        f"{where}, line {line}: a character of Windows-1252 that latin-1 does not "
                        "have (a dash, a curly quote, €). Save the file as UTF-8 and set "
                        "`encoding` in the manifest to utf-8.",
                        "encoding",
                    )
    except UnicodeDecodeError:
        return DeliveryRefused(
            f"{where}, after line {line}: bytes that are not {encoding}. Set `encoding` in the "
            "manifest to what the file is, or save it as UTF-8.",
            "encoding",
        )
    except (OSError, EOFError):
        return DeliveryRefused(
            f"{where}, after line {line}: the compressed file is broken or cut off. Fetch it "
            "again.",
            "compressed",
        )
    return DeliveryRefused(
        f"{where}: cannot be read ({type(error).__name__}). Mend the file at its source and ask "
        "for the delivery anew.",
        "unreadable",
    )


@contextmanager
def opened_as_text(path: Path, encoding: str) -> Iterator[io.TextIOBase]:
    """Open a file for reading as text with its own line ends, unpacked if it is gzipped."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding=encoding, newline="") as text:
        yield cast(io.TextIOBase, text)


def opened_as_bytes(path: Path) -> IO[bytes]:
    """Open a file for reading as bytes, unpacked if it is gzipped."""
    opener = gzip.open if path.suffix == ".gz" else open
    return cast(IO[bytes], opener(path, "rb"))


def _lines_in(path: Path) -> int:
    """Count the lines of a file, a last one without line end included."""
    lines, last = 0, b"\n"
    with opened_as_bytes(path) as file:
        while block := file.read(1 << 20):
            lines += block.count(b"\n")
            last = block[-1:]
    return lines + (last != b"\n")


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
