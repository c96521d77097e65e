"""A text -> its lines and blocks, and what of them is no content."""
