"""Names and texts written into SQL."""


def quoted_name(name: str) -> str:
    """Return a name as a SQL identifier, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def text_literal(value: str) -> str:
    """Return a text as a SQL literal, whatever it holds."""
    return "'" + value.replace("'", "''") + "'"
