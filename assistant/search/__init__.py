"""A question -> ranked evidence."""
