"""The small Python around the warehouse: extracts, receipt, build. The statistics are in models/."""

__version__ = "0.1.0"
