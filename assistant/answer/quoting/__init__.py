"""A reading -> claims that are sentences of the sources."""
