"""A reading and a language model -> claims that point at sentences."""
