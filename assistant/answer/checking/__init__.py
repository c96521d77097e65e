"""A claim and the sentences it cites -> whether they carry it."""
