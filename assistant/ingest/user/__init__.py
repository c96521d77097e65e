"""What the user, or a language model for the user, says of documents, in place of what was read."""
