"""Files -> documents -> articles -> passages."""
