"""Vintages: what was received when, which build used it, and what changed from one to the next."""
