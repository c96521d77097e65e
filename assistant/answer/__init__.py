"""Evidence -> a checked, cited answer."""
