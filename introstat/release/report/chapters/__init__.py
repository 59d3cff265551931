"""The report's chapters, one module each: which figures, in which tables, charts and sentences."""
