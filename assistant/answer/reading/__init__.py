"""Question and evidence -> which sentences answer, and whether any does."""
