"""Benchmarks: how fast, and with how much memory; each against what others offer, in the same run."""
