"""Numbers as people write them, for what is read outside the warehouse's SQL."""

import re
from collections.abc import Sequence

from introstat.macros import macros

_PLAIN = re.compile("-?[0-9]*")


def plain_numbers(texts: Sequence[str]) -> list[str]:
    """Return each number as staging reads it, with a point for decimals; what is none as it is."""
    odd = sorted({text for text in texts if not _PLAIN.fullmatch(text)})
    if not odd:
        return list(texts)
    import duckdb
    import pyarrow as pa

    number = macros().number_text(macros().clean("text"))
    with duckdb.connect(":memory:") as connection:
        connection.register("odd", pa.table({"text": pa.array(odd, pa.string())}))
        query = f"select text, coalesce({number}, text) from odd"
        read = dict(connection.execute(query).fetchall())
    return [read.get(text, text) for text in texts]
