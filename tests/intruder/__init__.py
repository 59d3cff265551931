"""An intruder: reads finished release folders like any reader and tries to narrow hidden counts.

    folders (tables, list of regions, policy, revisions) + texts (report) -> facts -> attack

Nothing of introstat is imported, so that no mistake of the product is made here again. What a
reader knows beside the files stands in knowledge.toml. Truth is in judge.py alone, which judges
what the attack found and tells it nothing.
"""
