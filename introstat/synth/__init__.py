"""Synthetic extracts: all five sources as the input contract describes them, nobody real in them."""
