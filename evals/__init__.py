"""How far the citations can be trusted: cases, metrics, runs."""
