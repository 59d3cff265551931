"""Names, texts and small expressions written into SQL."""


def quoted_name(name: str) -> str:
    """Return a name as a SQL identifier, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def text_literal(value: str) -> str:
    """Return a text as a SQL literal, whatever it holds."""
    return "'" + value.replace("'", "''") + "'"


def trimmed(text: str) -> str:
    """Return the expression of a text without spaces at its ends, Unicode's too.

    What dbt's macro of this name (macros/engine/functions.sql) is, for those who load no macros.
    """
    has_spaces = f"strlen({text}) <> length({text}) or {text} like ' %' or {text} like '% '"
    return f"case when {has_spaces} then trim({text}) else {text} end"
