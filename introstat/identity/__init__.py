"""Identity numbers: which are valid, and how they are replaced by pseudonyms."""
