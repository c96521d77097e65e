"""The command line: index, ask, search, sources, chat, allow, doctor."""
