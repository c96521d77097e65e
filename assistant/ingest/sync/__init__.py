"""A folder -> the library: only what changed, one document a transaction."""
