"""The small Python around the warehouse; the statistics themselves are in models/."""

__version__ = "0.1.0"
