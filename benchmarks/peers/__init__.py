"""The facts made by others: the same definitions on the same inputs, without DuckDB."""
