"""The report's typeface, Source Sans 3 (SIL Open Font License, OFL.txt), for all three."""

from pathlib import Path

FOLDER = Path(__file__).parent
FAMILY = "Source Sans 3"
WEB = (
    ("source-sans-3-latin-400-normal.woff2", 400, "latin"),
    ("source-sans-3-latin-ext-400-normal.woff2", 400, "latin-ext"),
    ("source-sans-3-latin-600-normal.woff2", 600, "latin"),
    ("source-sans-3-latin-ext-600-normal.woff2", 600, "latin-ext"),
)
"""Files that the page carries within itself: name, weight, which letters."""
