"""Opening a warehouse file, plain or encrypted at rest with DuckDB's own cipher.

A warehouse is encrypted when `$INTROSTAT_WAREHOUSE_KEY_FILE` names a file whose text is the key.
The key is read from there and nowhere else, so that it never stands in a profile, command or log.
"""

import os
from importlib.util import find_spec
from pathlib import Path

import duckdb

from introstat.errors import UserError
from introstat.extras import expect_extra
from introstat.places import SCHEMAS
from introstat.queries import only_row
from introstat.sql import quoted_name, text_literal

KEY_FILE_VARIABLE = "INTROSTAT_WAREHOUSE_KEY_FILE"
# What an encrypted file is attached as; profiles.yml names it too.
ALIAS = "warehouse"
_LEAST_CHARACTERS = 16


def warehouse_key() -> str | None:
    """Return the key that the environment names, None when warehouses are plain files.

    Raises UserError if the file cannot be read or holds less than a key.
    """
    named = os.environ.get(KEY_FILE_VARIABLE)
    if not named:
        return None
    try:
        key = Path(named).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"The warehouse key {named} cannot be read ({type(error).__name__}). Mend "
            f"${KEY_FILE_VARIABLE}, or unset it for a plain file."
        ) from None
    if len(key) < _LEAST_CHARACTERS:
        raise UserError(
            f"The warehouse key in {named} is shorter than {_LEAST_CHARACTERS} characters. Make "
            "one with: python -c 'import secrets; print(secrets.token_hex(32))'"
        )
    return key


def open_warehouse(path: Path, *, read_only: bool = True) -> duckdb.DuckDBPyConnection:
    """Return a connection to a warehouse file, with the key of the environment if one is named.

    A table is found by its name alone, whichever layer it is in. Raises duckdb.Error if the file
    is no database, or is encrypted and the key is not its own.
    """
    key = warehouse_key()
    connection = (
        duckdb.connect(":memory:") if key else duckdb.connect(str(path), read_only=read_only)
    )
    try:
        if key:
            if read_only:
                attach_to_read(connection, path, ALIAS)
            else:
                attach_encrypted(connection, path, key)
            connection.execute(f"use {ALIAS}")
        find_in_every_layer(connection)
    except (duckdb.Error, UserError):
        connection.close()
        raise
    return connection


def find_in_every_layer(connection: duckdb.DuckDBPyConnection) -> None:
    """Let a connection find its database's tables by name, whichever layer they are in."""
    there = only_row(
        connection,
        "select current_database(), list(schema_name) from duckdb_schemas() "
        "where database_name = current_database() and not internal or schema_name = 'main'",
    )
    path = [f"{quoted_name(there[0])}.{schema}" for schema in SCHEMAS if schema in there[1]]
    connection.execute(f"set search_path = {text_literal(','.join(path))}")


def attach_to_read(connection: duckdb.DuckDBPyConnection, path: Path, alias: str) -> None:
    """Attach a warehouse file for reading, with the key of the environment if one is named."""
    key = warehouse_key()
    options = f"encryption_key {text_literal(key)}, read_only" if key else "read_only"
    connection.execute(f"attach {text_literal(str(path))} as {alias} ({options})")


def attach_encrypted(connection: duckdb.DuckDBPyConnection, path: Path, key: str) -> None:
    """Attach an encrypted file to write to as `warehouse`, a new one if it is not there."""
    # Only this extension may write with the cipher; what DuckDB has built in reads.
    connection.execute(f"load {text_literal(str(cipher()))}")
    connection.execute(f"set temp_directory = {text_literal(f'{path}.tmp')}")
    connection.execute("set temp_file_encryption = true")
    connection.execute(
        f"attach if not exists {text_literal(str(path))} as {ALIAS} "
        f"(encryption_key {text_literal(key)})"
    )


def cipher() -> Path:
    """Return DuckDB's extension with the cipher. Raises UserError if none fits."""
    expect_extra("encryption", "An encrypted warehouse")
    package = find_spec("duckdb_extension_httpfs")
    folders = package.submodule_search_locations if package else None
    [folder] = folders or [""]
    name = f"v{duckdb.__version__}/httpfs.duckdb_extension"
    if found := next(Path(folder).rglob(name), None):
        return found
    raise UserError(
        f"An encrypted warehouse needs DuckDB's extension httpfs for DuckDB {duckdb.__version__}, "
        "and another version's is installed: pip install 'introstat[encryption]'."
    )
