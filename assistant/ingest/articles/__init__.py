"""A document -> its articles: title, outlet, author, date, span."""
