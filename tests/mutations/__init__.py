"""Planted faults: does `make test` find each? Run by `make test-mutations`."""
