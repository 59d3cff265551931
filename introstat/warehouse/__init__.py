"""Building the warehouse: beside the file that readers have open, then moved into place."""
