"""The half-year release: protected cubes, open files, the ministry's report, the audit."""
