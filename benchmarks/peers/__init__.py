"""The same facts without DuckDB, from the same inputs."""
