"""Mapping: an office's own files turned into the tables of the contract by a reviewed file."""
