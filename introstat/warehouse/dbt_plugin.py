"""What dbt does with an encrypted warehouse: profiles.yml names this module in its target."""

from pathlib import Path

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from introstat.warehouse.opening import ALIAS, attach_encrypted, warehouse_key


class Plugin(BasePlugin):
    """Attaches the warehouse with its key before dbt-duckdb attaches what the profile names.

    Were the key an option in the profile, `dbt debug` would print it.
    """

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Attach the file that the profile names, encrypted."""
        key = warehouse_key()
        attachments = self.creds.attach if self.creds else None
        assert key and attachments, "the target `encrypted` names a file and its key"
        attach_encrypted(conn, Path(attachments[0].path), key)

    def configure_cursor(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Make what names no database mean the warehouse."""
        cursor.execute(f"use {ALIAS}")
