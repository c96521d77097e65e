"""The one door to a language model's server: requests, streams, faults, records."""
