"""One file format a module: a file's bytes -> a Document. Opened through `assistant.ingest.readers` only."""
