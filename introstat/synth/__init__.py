"""Synthetic extracts: all five sources as the input contract describes them, with nobody real."""
