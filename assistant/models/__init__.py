"""The built-in models as files, how each was made, and the check that they are whole."""
